-- JSON, for scripts (json.decode) and for the border between the script and its host: decoding (RFC 8259).

local H = ...

local type, error, pcall, tostring, tonumber = type, error, pcall, tostring, tonumber
local byte, char, find, match, sub = string.byte, string.char, string.find, string.match, string.sub
local concat = table.concat
local floor, huge = math.floor, math.huge
local null, array, MAX_DEPTH = H.json.null, H.json.array, H.json.max_depth

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

local UNESCAPES = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t", ['"'] = '"', ["\\"] = "\\", ["/"] = "/" }

local function fail_at(i, problem)
  error({ problem = problem, at = i }, 0)
end

-- What patterns find, the JIT compiler leaves to C, and stops compiling: what is read often is found without them.
local escapes, controls -- whether the text that is being read has any

local function read_escaped(s, i)
  local stop = find(s, '["\\%z\1-\31]', i)
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

local function read_string(s, i)
  if not controls then
    local stop = find(s, '"', i, true)
    if stop then
      local text = sub(s, i, stop - 1)
      if not escapes or not find(text, "\\", 1, true) then
        return text, stop + 1
      end
    end
  end
  return read_escaped(s, i)
end

-- A number of few digits without an exponent, as nearly all are. It is exact: a double holds both its digits and the
-- power of ten that they are divided by.
local function read_short(s, i)
  local c = byte(s, i)
  local negative = c == 45
  local first = negative and i + 1 or i
  local at, v, scale = first, 0, 1
  c = byte(s, at)
  while c and c >= 48 and c <= 57 do
    v = v * 10 + (c - 48)
    at = at + 1
    c = byte(s, at)
  end
  local digits = at - first
  if digits == 0 or digits > 13 or (digits > 1 and byte(s, first) == 48) then
    return nil
  end
  if c == 46 then
    local point = at
    at = at + 1
    c = byte(s, at)
    while c and c >= 48 and c <= 57 do
      v = v * 10 + (c - 48)
      scale = scale * 10
      at = at + 1
      c = byte(s, at)
    end
    if at == point + 1 or at - first > 16 then
      return nil
    end
  end
  if c == 101 or c == 69 then
    return nil
  end
  return (negative and -v or v) / scale, at
end

local function read_number(s, i)
  local v, after = read_short(s, i)
  if v then
    return v, after
  end
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
  v = tonumber(text)
  if not whole and (v == huge or v == -huge) then
    fail_at(i, "a number too large")
  end
  -- LuaJIT prints numbers with 14 digits: a larger integer stays text, so that an id is never changed.
  if whole and (v >= 1e14 or v <= -1e14) then
    return text, stop + 1
  end
  return v, stop + 1
end

-- The byte at i or after the blanks there, and its place.
local function after_blanks(s, i)
  local c = byte(s, i)
  if c == 32 then
    i = i + 1
    c = byte(s, i)
  end
  if c and c <= 32 then
    i = match(s, "^[ \t\r\n]*()", i)
    c = byte(s, i)
  end
  return c, i
end

local deepest = MAX_DEPTH -- of the text that is being read

local read

local function read_array(s, i, depth)
  local t, n = {}, 0
  local c
  c, i = after_blanks(s, i)
  if c == 93 then
    return array(t), i + 1
  end
  while true do
    local v
    v, i = read(s, i, depth, true)
    n = n + 1
    t[n] = v
    c, i = after_blanks(s, i)
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
  local c
  c, i = after_blanks(s, i)
  if c == 125 then
    return t, i + 1
  end
  while true do
    c, i = after_blanks(s, i)
    if c ~= 34 then
      fail_at(i, "a name in quotes was expected")
    end
    local k, v
    k, i = read_string(s, i + 1)
    c, i = after_blanks(s, i)
    if c ~= 58 then
      fail_at(i, "':' was expected")
    end
    v, i = read(s, i + 1, depth, false)
    t[k] = v
    c, i = after_blanks(s, i)
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
  local c
  c, i = after_blanks(s, i)
  if c == 34 then
    return read_string(s, i + 1)
  elseif (c == 123 or c == 91) and depth > deepest then
    fail_at(i, "nested deeper than " .. deepest .. " levels")
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

-- Whether there may be a control character. A pattern with a set takes longer than all the rest of reading.
local function has_controls(s)
  if H.guarded then -- without the JIT compiler a loop is slow; %c has one character too many
    return find(s, "%c") ~= nil
  end
  local whole = #s - #s % 4
  for i = 1, whole, 4 do
    local a, b, c, d = byte(s, i, i + 3)
    if a < 32 or b < 32 or c < 32 or d < 32 then
      return true
    end
  end
  return find(s, "%c", whole + 1) ~= nil
end

-- true and the value of the JSON text s, or false, what is wrong and at which byte. `more` levels of nesting are
-- allowed beyond the usual.
local function decode(s, more)
  deepest = MAX_DEPTH + (more or 0)
  escapes, controls = find(s, "\\", 1, true), has_controls(s)
  local ok, v, i = pcall(read, s, 1, 1, true)
  if not ok then
    if type(v) ~= "table" then
      H.errors.pass_on(v)
    end
    return false, v.problem, v.at
  end
  i = match(s, "^[ \t\r\n]*()", i)
  if i <= #s then
    return false, "text after the value", i
  end
  return true, v
end

return decode
