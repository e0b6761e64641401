-- In place of main.lua, for those who ask about Lua and run none: what a script has, whether a text compiles, and what
-- would be said of a mistake. The first frame from the host is a JSON list of questions; the answers go back as one.

local H = ...

local type, next = type, next

-- Every global of a script: its kind or, of a library, the kinds of its members.
local function sandbox()
  local env, found = {}, {}
  H.environment(env)({ seed = 0 }) -- args and arg are those of a run
  for name, value in next, env do
    local members = name ~= "app" and H.readonly.listing(value)
    found[name] = type(value)
    if members then
      found[name] = {}
      for key, member in next, members do
        found[name][key] = type(member)
      end
    end
  end
  return found
end

-- The fields of a text's syntax error; an empty table where it has none. Nothing of it is run.
local function compile(asked)
  local _, problem = H.chunks.compile(asked.source, asked.name, {})
  return problem or {}
end

-- What is said when Lua stops a script with `message` on `line`.
local function explain(asked)
  local fields = { message = asked.message, line = asked.line }
  H.mistakes(fields, asked.source)
  return fields
end

local QUESTIONS = {
  sandbox = sandbox,
  compile = compile,
  explain = explain,
  modules = function() return H.absent.modules end,
}

local function answer()
  local _, questions = H.decode(H.door(""))
  local read, text, code, raw = H.code.read, nil, nil, nil
  H.code.read = function(source) -- once, for all the questions about it
    if source ~= text then
      text, code, raw = source, read(source)
    end
    return code, raw
  end
  local answers = {}
  for i = 1, #questions do
    answers[i] = QUESTIONS[questions[i].op](questions[i])
  end
  H.door(H.json.encode(H.json.array(answers), false, true))
end

return function()
  return answer
end
