-- Error tables: plain fields, readable as text, usable like a string.

local H = ...

local type, next, rawequal, rawget, rawset, setmetatable, error, assert, tostring, tonumber, load =
  type, next, rawequal, rawget, rawset, setmetatable, error, assert, tostring, tonumber, load
local getmetatable = debug.getmetatable -- sees behind __metatable
local getinfo = debug.getinfo
local find, gmatch, gsub, match, sub = string.find, string.gmatch, string.gsub, string.match, string.sub

local error_mt = { __metatable = false }

local function message_of(e)
  local message = rawget(e, "message")
  return type(message) == "string" and message or "error"
end

error_mt.__tostring = message_of

local function either(v)
  return getmetatable(v) == error_mt and message_of(v) or tostring(v)
end

function error_mt.__concat(a, b)
  return either(a) .. either(b)
end

-- err:find("rate") works as it does on a message that is a string.
function error_mt.__index(_, name)
  local method = H.string_library[name]
  if method then
    return function(self, ...)
      if type(self) == "table" then
        self = message_of(self)
      end
      return method(self, ...)
    end
  end
end

-- The file name and line of the innermost frame of the script, or nil; of `co`, where it is not the one that runs.
local function position(co)
  for level = co and 0 or 2, 250 do
    local info
    if co then
      info = getinfo(co, level, "Sl")
    else
      info = getinfo(level, "Sl")
    end
    if not info then
      return nil
    end
    if info.what ~= "C" and not H.chunks.is_host_source(info.source) then
      local source = info.source
      return sub(source, 1, 1) == "@" and sub(source, 2) or info.short_src, info.currentline
    end
  end
end

-- Of each error table of the host's that is still held: its fields, whatever a script has made of the table.
local raised = setmetatable({}, { __mode = "k" })

-- The line of a call that was a script's last act, `return devin.get_session(id)`: such a tail call leaves no frame of the
-- script. It is known where one line alone returns something of that name.
local function tail_call_line(call)
  local name, text = match(call or "", "([%w_]+)$"), H.chunks.texts[H.run_name]
  if not name or not text then
    return nil
  end
  local found, number = nil, 0
  for line in gmatch(text, "([^\n]*)\n?") do
    number = number + 1
    if find(line, "%f[%w_]return%f[^%w_].*%f[%w_]" .. name .. "%f[^%w_]") then
      if found then
        return nil
      end
      found = number
    end
  end
  return found
end

-- `fields` as an error table.
local function made(fields)
  local kept = {}
  for name, value in next, fields do
    kept[name] = value
  end
  raised[setmetatable(fields, error_mt)] = kept
  return fields
end

-- Raises `fields` as an error table at the script's own line.
local function raise(fields)
  local file, line = position()
  if not file then
    file, line = H.run_name, tail_call_line(fields.call)
  end
  fields.file = fields.file or file
  fields.line = fields.line or line
  error(made(fields), 0)
end

------------------------------------------------------------------------------------------------------------
-- What Lua itself raises is told from what a script does: only the former is explained.

-- Whether Lua or one of its functions has raised what is being handled, `level` frames above; `co` is where, if elsewhere.
local function is_lua(level, co)
  local info
  if co then
    info = getinfo(co, level, "Sf")
  else
    info = getinfo(level + 1, "Sf")
  end
  if not info then
    return false
  elseif info.what == "C" then
    return info.func ~= error and info.func ~= assert
  end
  return not H.chunks.is_host_source(info.source)
end

-- The last message of Lua's own below a function of the host that hands it on, when its frame is gone.
local said

-- A handler for such a function's xpcall.
local function keep(problem)
  if type(problem) == "string" and is_lua(2) then
    said = problem
  end
  return problem
end

-- The same of a coroutine that has ended with `problem`.
local function keep_of(co, problem)
  if type(problem) == "string" and is_lua(0, co) then
    said = problem
  end
end

-- What a task has failed with, and in which coroutine, for the traceback.
local fallen, fallen_in

-- A task has failed with `problem`, which is raised again where parallel was called: that is the place of an error in a
-- call that was itself the task, and has no frame of the script's.
local function fell(problem, co)
  if co then
    keep_of(co, problem)
    fallen, fallen_in = problem, co
  end
  local own = raised[problem]
  if own and not own.line then
    own.file, own.line = position()
    if rawget(problem, "line") == nil then
      rawset(problem, "file", own.file)
      rawset(problem, "line", own.line)
    end
  end
end

local function coroutine_of(problem)
  return problem ~= nil and rawequal(problem, fallen) and fallen_in or nil
end

local function was_said(problem)
  return problem == said
end

-- Raises what Lua itself has raised below the host's code, memory or the stack at its end, without our position.
local function pass_on(problem)
  error(type(problem) == "string" and gsub(problem, "^%[luahost %a+%]:%d+: ", "") or problem, 0)
end

local function invalid(message, hint)
  raise({ code = "invalid_arguments", message = message, hint = hint })
end

-- "triage.lua:3: message" taken apart; the name may have been shortened by Lua, so `short` is how Lua writes it.
-- coroutine.wrap puts its own position before another's: the innermost counts.
local function split_position(message, short)
  local at
  while sub(message, 1, #short + 1) == short .. ":" do
    local line, rest = match(message, "^(%d+): ?(.*)$", #short + 2)
    if not line then
      break
    end
    at, message = tonumber(line), rest
  end
  return at, message
end

-- How Lua writes a chunk's name in messages.
local function short_name(name)
  return getinfo(load("", name), "S").short_src
end

-- What Lua says of a text that it cannot compile, as fields; `name` is the chunk's.
local function syntax_error(problem, name, file)
  local line, message = split_position(problem, short_name(name))
  return { code = "syntax_error", message = message, file = file, line = line }
end

return {
  raise = raise,
  made = made,
  fell = fell,
  coroutine_of = coroutine_of,
  raised = raised,
  invalid = invalid,
  is_lua = is_lua,
  keep = keep,
  keep_of = keep_of,
  was_said = was_said,
  pass_on = pass_on,
  position = position,
  short_name = short_name,
  split_position = split_position,
  syntax_error = syntax_error,
}
