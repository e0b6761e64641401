-- How a run failed: whatever a script raised, as fields with position and traceback.

local H = ...

local type, rawget, next, pcall = type, rawget, next, pcall
local getinfo, traceback = debug.getinfo, debug.traceback
local find, gmatch, gsub, match, sub = string.find, string.gmatch, string.gsub, string.match, string.sub
local concat = table.concat
local errors = H.errors

local HIDDEN = { error = true, xpcall = true, [""] = true } -- what core files call has no name

-- The traceback without the frames of the host's half: they are not the script's doing. Of a task's failure those of
-- the task come first.
local function script_traceback(problem)
  local co = errors.coroutine_of(problem)
  local text = traceback("", 3)
  if co then
    local own = traceback(co)
    -- The frame that has failed does not know its line any more; the message does.
    local name, line = match(type(problem) == "string" and problem or "", "^(.-):(%d+): ")
    local first, last = find(own, "\n%s*" .. "[^\n]-: in function <")
    if name and first and find(sub(own, first, last), name .. ": in function <", 1, true) then
      own = sub(own, 1, last - 14) .. line .. ":" .. sub(own, last - 13)
    end
    text = own .. gsub(text, "^%s*stack traceback:", "")
  end
  local kept = {}
  for line in gmatch(text, "[^\n]+") do
    local host = find(line, "^%s*%[luahost %a+%]:") or find(line, '[string "<python>"]', 1, true)
      or find(line, "^%s*%[builtin#%d+%]: at 0x")
    if not (host or HIDDEN[match(line, "^%s*%[C%]: in function '(%a*)'") or 0]) then
      kept[#kept + 1] = line
    end
  end
  return #kept > 1 and gsub(concat(kept, "\n"), ": 0x%x+", "") or nil -- after a tail call there is none
end

-- Whatever a script raised, as plain fields that can cross the border. Only the host's own errors have a code, a place
-- and the rest from their fields: a script's table says what it wants to say, and is a script's error.
local function describe(problem)
  if type(problem) == "table" then
    local own = errors.raised[problem]
    if own then
      local fields = {}
      for name, value in next, own do
        fields[name] = value
      end
      return fields
    end
    local message, hint, details = rawget(problem, "message"), rawget(problem, "hint"), rawget(problem, "details")
    if type(message) == "string" then
      return {
        code = "script_error",
        message = message,
        hint = type(hint) == "string" and hint or nil,
        details = details ~= nil and H.json.encode({ error = { details } }) and details or nil,
      }
    end
  end
  local fields = { code = "script_error" }
  if type(problem) == "string" then
    problem = gsub(problem, "^%[luahost %a+%]:%d+: ", "")
  end
  if problem == "not enough memory" then
    fields.code = "limit_exceeded"
    fields.message = "the script used more memory than its limit"
    fields.details = { limit = "memory_mib" }
  elseif type(problem) == "string" then
    fields.message = problem
  else
    fields.message = H.text.safe_text(problem)
  end
  return fields
end

-- The place that a message of Lua's tells, taken from it: for what was raised in a frame that is gone, as that of a
-- module which `require` has run. Without one, `file` and `line`.
local function locate(fields, file, line)
  if not find(fields.message, ":%d+: ?") then
    return file, line -- compiling the names would take stack, which may have ended
  end
  for chunk, name in next, H.chunks.files do
    local at, rest = errors.split_position(fields.message, errors.short_name(chunk))
    if at then
      fields.message = rest
      return name, at
    end
  end
  return file, line
end

-- What can be said when the handler itself has failed, for want of stack or memory, and all frames are gone; `info` is
-- of the one where it happened.
local function describe_later(problem, info)
  local fields = describe(problem)
  if not fields.line then
    local known = info and H.chunks.files[info.source]
    fields.file, fields.line = locate(fields, known or fields.file or H.run_name, known and info.currentline)
  end
  return fields
end

-- Says in an error of Lua's own what was meant. Stack or memory may end there, and the error is good without it.
local function explain(fields)
  if fields.code == "script_error" and fields.message ~= "stack overflow" then
    pcall(function() H.mistakes(fields, H.chunks.texts[fields.file]) end)
  end
end

-- The message handler of the whole script: the error as fields, with position and traceback.
local function handler(problem)
  local of_lua = type(problem) == "string" and (errors.is_lua(2) or errors.was_said(problem))
  local fields = describe(problem)
  local file, line = errors.position()
  if type(problem) == "string" then
    local level = 2
    while true do
      local info = getinfo(level, "S")
      if not info then
        break
      end
      if info.what ~= "C" and not H.chunks.is_host_source(info.source) then
        local at, rest = errors.split_position(fields.message, info.short_src)
        if at then
          if fields.code == "script_error" then
            fields.message = rest
          end
          file = sub(info.source, 1, 1) == "@" and sub(info.source, 2) or info.short_src
          line = at
        end
        break
      end
      level = level + 1
    end
  end
  if type(problem) == "string" and fields.message == problem then
    file, line = locate(fields, file, line)
  end
  fields.file = fields.file or file or H.run_name
  fields.line = fields.line or line
  fields.traceback = script_traceback(problem)
  if of_lua then
    explain(fields)
  end
  return fields
end

return { describe_later = describe_later, handler = handler }
