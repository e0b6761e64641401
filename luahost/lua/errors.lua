-- Error tables: plain fields, readable as text, usable like a string.

local H = ...

local type, rawget, setmetatable, error, tostring, tonumber, next, load =
  type, rawget, setmetatable, error, tostring, tonumber, next, load
local getmetatable = debug.getmetatable -- sees behind __metatable
local getinfo, traceback = debug.getinfo, debug.traceback
local find, gmatch, gsub, match, sub = string.find, string.gmatch, string.gsub, string.match, string.sub
local concat = table.concat

local safe_text = H.text.safe_text

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

-- The host's files are named "=[luahost …]"; lupa names the chunk that loads them "<python>".
local function is_host_source(source)
  return sub(source, 1, 10) == "=[luahost " or source == "<python>"
end

-- A chunk's name that shows as the host's would hide the script's frames.
local function chunk_name(name)
  if find(name, "^[@=]?%[luahost ") or name == "<python>" then
    return "=(load)"
  end
  return name
end

-- The file name and line of the innermost frame of the script, or nil.
local function position()
  for level = 2, 250 do
    local info = getinfo(level, "Sl")
    if not info then
      return nil
    end
    if info.what ~= "C" and not is_host_source(info.source) then
      local source = info.source
      return sub(source, 1, 1) == "@" and sub(source, 2) or info.short_src, info.currentline
    end
  end
end

-- Raises `fields` as an error table at the script's own line.
local function raise(fields)
  local file, line = position()
  -- A tail call leaves no frame of the script: then its name is known, and no line.
  fields.file = fields.file or file or H.run_name
  fields.line = fields.line or line
  error(setmetatable(fields, error_mt), 0)
end

local function invalid(message, hint)
  raise({ code = "invalid_arguments", message = message, hint = hint })
end

local HIDDEN = { error = true, xpcall = true }

-- The traceback without the frames of the host's half: they are not the script's doing.
local function script_traceback()
  local kept = {}
  for line in gmatch(traceback("", 3), "[^\n]+") do
    local host = find(line, "^%s*%[luahost %a+%]:") or find(line, '[string "<python>"]', 1, true)
      or find(line, "^%s*%[builtin#%d+%]: at 0x")
    if not (host or HIDDEN[match(line, "^%s*%[C%]: in function '(%a+)'") or ""]) then
      kept[#kept + 1] = line
    end
  end
  return (gsub(concat(kept, "\n"), ": 0x%x+", ""))
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

local files = {} -- of every text that was compiled: its name, by how Lua shortens it in messages

-- The text `source` as a function in `env`, or nil and its syntax error as fields.
local function compile(source, file, env)
  local name = chunk_name("@" .. file)
  local short = getinfo(load("", name), "S").short_src
  files[short] = file
  local chunk, problem = load(source, name, "t", env)
  if chunk then
    return chunk
  end
  local line, message = split_position(problem, short)
  return nil, { code = "syntax_error", message = message, file = file, line = line }
end

local PLAIN_FIELDS = {
  code = "string", message = "string", hint = "string", call = "string", account = "string", status = "number",
  retryable = "boolean", retry_after = "number", request_id = "string", file = "string", line = "number",
}

-- Whatever a script raised, as plain fields that can cross the border.
local function describe(problem)
  if type(problem) == "table" and type(rawget(problem, "message")) == "string" then
    local fields = {}
    for name, kind in next, PLAIN_FIELDS do
      local v = rawget(problem, name)
      if type(v) == kind then
        fields[name] = v
      end
    end
    local details = rawget(problem, "details")
    if details ~= nil and H.json.encode(details) then
      fields.details = details
    end
    fields.code = fields.code or "script_error"
    return fields
  end
  local fields = { code = "script_error" }
  if type(problem) == "string" then
    fields.message = gsub(problem, "^%[luahost %a+%]:%d+: ", "")
    if find(problem, "not enough memory", 1, true) then
      fields.code = "limit_exceeded"
      fields.message = "the script used more memory than its limit"
      fields.details = { limit = "memory_mib" }
    end
  else
    fields.message = safe_text(problem)
  end
  return fields
end

-- The message handler of the whole script: the error as fields, with position and traceback.
local function handler(problem)
  local fields = describe(problem)
  local file, line = position()
  if type(problem) == "string" then
    local level = 2
    while true do
      local info = getinfo(level, "S")
      if not info then
        break
      end
      if info.what ~= "C" and not is_host_source(info.source) then
        local at, rest = split_position(fields.message, info.short_src)
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
    -- Raised in a frame that is gone, a module's that `require` has run: the message tells where.
    for short, name in next, files do
      local at, rest = split_position(problem, short)
      if at then
        file, line, fields.message = name, at, rest
        break
      end
    end
  end
  fields.file = fields.file or file or H.run_name
  fields.line = fields.line or line
  fields.traceback = script_traceback()
  return fields
end

H.errors = {
  raise = raise,
  invalid = invalid,
  handler = handler,
  chunk_name = chunk_name,
  compile = compile,
  describe = describe,
}
