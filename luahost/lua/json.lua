-- JSON, both for scripts (json.encode, json.decode) and for the border between the script and its host.
-- Tables are read raw: a metatable of the script's can neither run code nor hide a field here.

local H = ...

local type, next, rawget, getmetatable, setmetatable, error, pcall, tostring, tonumber =
  type, next, rawget, getmetatable, setmetatable, error, pcall, tostring, tonumber
local byte, char, find, format, gsub, sub, match, rep =
  string.byte, string.char, string.find, string.format, string.gsub, string.sub, string.match, string.rep
local concat, sort = table.concat, table.sort
local floor, huge = math.floor, math.huge

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

local function utf8_char(code)
  if code < 0x80 then
    return char(code)
  elseif code < 0x800 then
    return char(0xC0 + floor(code / 0x40), 0x80 + code % 0x40)
  elseif code < 0x10000 then
    return char(0xE0 + floor(code / 0x1000), 0x80 + floor(code / 0x40) % 0x40, 0x80 + code % 0x40)
  end
  return char(
    0xF0 + floor(code / 0x40000),
    0x80 + floor(code / 0x1000) % 0x40,
    0x80 + floor(code / 0x40) % 0x40,
    0x80 + code % 0x40
  )
end

------------------------------------------------------------------------------------------------------------
-- Encoding

local ESCAPES = { ['"'] = '\\"', ["\\"] = "\\\\", ["\b"] = "\\b", ["\f"] = "\\f", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }
for i = 0, 31 do
  local c = char(i)
  ESCAPES[c] = ESCAPES[c] or format("\\u%04x", i)
end

local function number_text(v)
  if v == floor(v) and v > -1e15 and v < 1e15 then
    return format("%.0f", v)
  end
  local text = format("%.14g", v)
  if tonumber(text) ~= v then
    text = format("%.17g", v)
  end
  return text
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
      fail("a table has both a list and the name '" .. tostring(k) .. "'")
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
      v = gsub(v, '[%z\1-\31"\\]', ESCAPES)
    end
    out[n] = '"' .. v .. '"'
  elseif kind == "number" then
    if v ~= v or v == huge or v == -huge then
      if not options.lenient then
        fail("the number " .. tostring(v) .. " has no JSON form")
      end
      out[n] = '"' .. tostring(v) .. '"'
    else
      out[n] = number_text(v)
    end
  elseif kind == "boolean" then
    out[n] = v and "true" or "false"
  elseif kind == "nil" or v == null then
    out[n] = "null"
  elseif kind == "table" then
    if H.namespace.is_namespace(v) then
      fail("a namespace is not a value")
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
  for i = 1, depth do
    local k = path[i]
    words[i] = type(k) == "number" and "[" .. k .. "]" or (i > 1 and "." or "") .. k
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
    return nil, tostring(problem), ""
  end
  return nil, problem.problem, path_text(options.path, #options.path)
end

------------------------------------------------------------------------------------------------------------
-- Decoding

local UNESCAPES = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t", ['"'] = '"', ["\\"] = "\\", ["/"] = "/" }

local function fail_at(i, problem)
  error({ problem = problem, at = i }, 0)
end

local function read_string(s, i)
  local stop = find(s, '["\\%z\1-\31]', i)
  if stop and byte(s, stop) == 34 then
    return sub(s, i, stop - 1), stop + 1
  end
  local parts, n = {}, 0
  while true do
    if not stop then
      fail_at(i, "a string without an end")
    end
    n = n + 1
    parts[n] = sub(s, i, stop - 1)
    local c = byte(s, stop)
    if c == 34 then
      return concat(parts), stop + 1
    elseif c ~= 92 then
      fail_at(stop, "a control character in a string")
    end
    local e = sub(s, stop + 1, stop + 1)
    n = n + 1
    if e == "u" then
      local hex = match(s, "^%x%x%x%x", stop + 2)
      if not hex then
        fail_at(stop, "\\u without four hexadecimal digits")
      end
      local code = tonumber(hex, 16)
      i = stop + 6
      if code >= 0xD800 and code <= 0xDBFF then
        local low = match(s, "^\\u([dD][c-fC-F]%x%x)", i)
        if low then
          code = 0x10000 + (code - 0xD800) * 0x400 + (tonumber(low, 16) - 0xDC00)
          i = i + 6
        end
      end
      -- Half of a pair has no UTF-8 form: U+FFFD stands for it.
      parts[n] = utf8_char(code >= 0xD800 and code <= 0xDFFF and 0xFFFD or code)
    else
      local c2 = UNESCAPES[e]
      if not c2 then
        fail_at(stop, "an unknown escape in a string")
      end
      parts[n] = c2
      i = stop + 2
    end
    stop = find(s, '["\\%z\1-\31]', i)
  end
end

local function read_number(s, i)
  local _, stop = find(s, "^-?%d+", i)
  if not stop then
    fail_at(i, "a value was expected")
  end
  if match(s, "^-?0%d", i) then
    fail_at(i, "a number with a leading zero")
  end
  local whole = true
  local _, fraction = find(s, "^%.%d+", stop + 1)
  if fraction then
    stop, whole = fraction, false
  end
  local _, exponent = find(s, "^[eE][+-]?%d+", stop + 1)
  if exponent then
    stop, whole = exponent, false
  end
  local text = sub(s, i, stop)
  local v = tonumber(text)
  -- LuaJIT prints numbers with 14 digits: a larger integer stays text, so that an id is never changed.
  if whole and (v >= 1e14 or v <= -1e14) then
    return text, stop + 1
  end
  return v, stop + 1
end

local read

local function read_array(s, i, depth)
  local t, n = {}, 0
  i = match(s, "^[ \t\r\n]*()", i)
  if byte(s, i) == 93 then
    return array(t), i + 1
  end
  while true do
    local v
    v, i = read(s, i, depth, true)
    n = n + 1
    t[n] = v
    i = match(s, "^[ \t\r\n]*()", i)
    local c = byte(s, i)
    if c == 93 then
      return array(t), i + 1
    elseif c ~= 44 then
      fail_at(i, "',' or ']' was expected")
    end
    i = i + 1
  end
end

local function read_object(s, i, depth)
  local t = {}
  i = match(s, "^[ \t\r\n]*()", i)
  if byte(s, i) == 125 then
    return t, i + 1
  end
  while true do
    i = match(s, "^[ \t\r\n]*()", i)
    if byte(s, i) ~= 34 then
      fail_at(i, "a name in quotes was expected")
    end
    local k, v
    k, i = read_string(s, i + 1)
    i = match(s, "^[ \t\r\n]*:()", i) or fail_at(i, "':' was expected")
    v, i = read(s, i, depth, false)
    t[k] = v
    i = match(s, "^[ \t\r\n]*()", i)
    local c = byte(s, i)
    if c == 125 then
      return t, i + 1
    elseif c ~= 44 then
      fail_at(i, "',' or '}' was expected")
    end
    i = i + 1
  end
end

-- null is `json.null` in an array and on its own, and absent in an object.
function read(s, i, depth, keep_null)
  if depth > MAX_DEPTH then
    fail_at(i, "nested deeper than " .. MAX_DEPTH .. " levels")
  end
  i = match(s, "^[ \t\r\n]*()", i)
  local c = byte(s, i)
  if c == 34 then
    return read_string(s, i + 1)
  elseif c == 123 then
    return read_object(s, i + 1, depth + 1)
  elseif c == 91 then
    return read_array(s, i + 1, depth + 1)
  elseif c == 116 and sub(s, i, i + 3) == "true" then
    return true, i + 4
  elseif c == 102 and sub(s, i, i + 4) == "false" then
    return false, i + 5
  elseif c == 110 and sub(s, i, i + 3) == "null" then
    return keep_null and null or nil, i + 4
  end
  return read_number(s, i)
end

-- true and the value of the JSON text s, or false, what is wrong and at which byte.
local function decode(s)
  local ok, v, i = pcall(read, s, 1, 1, true)
  if not ok then
    if type(v) == "table" then
      return false, v.problem, v.at
    end
    return false, tostring(v), 1
  end
  i = match(s, "^[ \t\r\n]*()", i)
  if i <= #s then
    return false, "text after the value", i
  end
  return true, v
end

H.json = { encode = encode, decode = decode, null = null, array = array, is_array = is_array, bad_utf8 = bad_utf8 }
