-- JSON, for scripts (json.encode) and for the border between the script and its host: values and encoding.
-- Tables are read raw: a metatable of the script's can neither run code nor hide a field here.

local H = ...

local type, next, rawget, getmetatable, setmetatable, error, pcall, tostring =
  type, next, rawget, getmetatable, setmetatable, error, pcall, tostring
local byte, find, format, gsub, sub, match, rep =
  string.byte, string.find, string.format, string.gsub, string.sub, string.match, string.rep
local concat, sort = table.concat, table.sort
local scalar = H.scalar

-- LuaJIT's C stack allows more, but no honest value is nested deeper, and a cycle is.
local MAX_DEPTH = 128

-- null: a value of its own, since nil cannot lie in a table.
local null = newproxy(true)
do
  local mt = getmetatable(null)
  mt.__tostring = function() return "null" end
  mt.__metatable = false
end

-- Arrays are marked, never guessed: an empty one would otherwise go out as {}.
local array_mt = {}

local function array(t)
  return setmetatable(t or {}, array_mt)
end

local function is_array(t)
  return getmetatable(t) == array_mt
end

------------------------------------------------------------------------------------------------------------
-- UTF-8

-- The position of the first byte that is not UTF-8 (RFC 3629), or nil.
local function bad_utf8(s)
  local i = find(s, "[\128-\255]")
  while i do
    local a, b, c, d = byte(s, i, i + 3)
    local n
    if a >= 0xC2 and a <= 0xDF then
      n = b and b >= 0x80 and b <= 0xBF and 2
    elseif a >= 0xE0 and a <= 0xEF then
      local low, high = a == 0xE0 and 0xA0 or 0x80, a == 0xED and 0x9F or 0xBF
      n = c and b >= low and b <= high and c >= 0x80 and c <= 0xBF and 3
    elseif a >= 0xF0 and a <= 0xF4 then
      local low, high = a == 0xF0 and 0x90 or 0x80, a == 0xF4 and 0x8F or 0xBF
      n = d and b >= low and b <= high and c >= 0x80 and c <= 0xBF and d >= 0x80 and d <= 0xBF and 4
    end
    if not n then
      return i
    end
    i = find(s, "[\128-\255]", i + n)
  end
end

------------------------------------------------------------------------------------------------------------
-- Encoding

local ESCAPES = { ['"'] = '\\"', ["\\"] = "\\\\", ["\b"] = "\\b", ["\f"] = "\\f", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

local function escape(c)
  return ESCAPES[c] or format("\\u%04x", byte(c))
end

-- A problem is raised as a table, which no script can forge, and put into words by encode below.
local function fail(problem)
  error({ problem = problem }, 0)
end

-- The number of entries when `t` is a list 1..n, nil when it is a table with names.
local function list_length(t)
  local n = #t
  if n == 0 and not is_array(t) then
    local k = next(t)
    if type(k) == "number" then
      fail("a list must be numbered from 1 without holes")
    end
    return nil
  end
  local count = 0
  for k in next, t do
    if type(k) ~= "number" then
      fail("a table has both a list and " .. (type(k) == "string" and "the name '" .. k .. "'" or "a " .. type(k) .. " as a name"))
    end
    count = count + 1
  end
  if count ~= n then
    fail("a list must be numbered from 1 without holes")
  end
  return n
end

local write

local function write_table(out, n, t, options, depth)
  if depth > MAX_DEPTH then
    fail("nested deeper than " .. MAX_DEPTH .. " levels (a table that contains itself?)")
  end
  local pretty = options.pretty
  local newline = pretty and "\n" .. rep("  ", depth) or ""
  local close = pretty and "\n" .. rep("  ", depth - 1) or ""
  local path = options.path
  local length = list_length(t)
  if length then
    if length == 0 then
      out[n + 1] = "[]"
      return n + 1
    end
    for i = 1, length do
      n = n + 1
      out[n] = (i == 1 and "[" or ",") .. newline
      path[depth] = i
      n = write(out, n, rawget(t, i), options, depth + 1)
    end
    path[depth] = nil
    out[n + 1] = close .. "]"
    return n + 1
  end
  local keys, count = {}, 0
  for k in next, t do
    if type(k) ~= "string" then
      fail("a name must be a string, not a " .. type(k))
    end
    count = count + 1
    keys[count] = k
  end
  if count == 0 then
    out[n + 1] = "{}"
    return n + 1
  end
  sort(keys)
  for i = 1, count do
    local k = keys[i]
    n = n + 1
    out[n] = (i == 1 and "{" or ",") .. newline
    path[depth] = k
    n = write(out, n, k, options, depth + 1)
    n = n + 1
    out[n] = pretty and ": " or ":"
    n = write(out, n, rawget(t, k), options, depth + 1)
  end
  path[depth] = nil
  out[n + 1] = close .. "}"
  return n + 1
end

function write(out, n, v, options, depth)
  local kind = type(v)
  n = n + 1
  if kind == "string" then
    if not options.lenient and find(v, "[\128-\255]") then
      local at = bad_utf8(v)
      if at then
        fail(format("text must be UTF-8; byte %d is 0x%02X", at, byte(v, at)))
      end
    end
    if find(v, '[%z\1-\31"\\]') then
      v = gsub(v, '[%z\1-\31"\\]', escape)
    end
    out[n] = '"' .. v .. '"'
  elseif kind == "number" or kind == "boolean" or kind == "nil" then
    local text = scalar(v)
    if not text then
      if not options.lenient then
        fail("the number " .. tostring(v) .. " has no JSON form")
      end
      text = '"' .. tostring(v) .. '"'
    end
    out[n] = text
  elseif v == null then
    out[n] = "null"
  elseif kind == "table" then
    if H.readonly.is(v) then
      fail("a namespace or library is not a value")
    end
    return write_table(out, n - 1, v, options, depth)
  elseif options.lenient then
    out[n] = '"' .. kind .. '"'
  else
    fail("a " .. kind .. " is not a value that can be sent")
  end
  return n
end

local function path_text(path, depth)
  local words = {}
  if depth > 8 then
    words[9], depth = "...", 8
  end
  for i = 1, depth do
    local k = path[i]
    words[i] = type(k) == "number" and "[" .. k .. "]" or (i > 1 and "." or "") .. H.text.name_text(k)
  end
  return concat(words)
end

-- The JSON of v, or nil, what is wrong and where ("sessions[2].name"). `lenient` is for what only shows a
-- value: text need not be UTF-8, and what has no JSON form is named by its type.
local function encode(v, pretty, lenient)
  local out, options = {}, { pretty = pretty, lenient = lenient, path = {} }
  local ok, problem = pcall(write, out, 0, v, options, 1)
  if ok then
    return concat(out)
  end
  if type(problem) ~= "table" then
    H.errors.pass_on(problem)
  end
  return nil, problem.problem, path_text(options.path, #options.path)
end

return {
  encode = encode,
  null = null,
  array = array,
  is_array = is_array,
  bad_utf8 = bad_utf8,
  max_depth = MAX_DEPTH,
}
