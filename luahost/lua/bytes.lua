-- Bytes across the border: JSON knows text only, so bytes that are none go as an object with one name, in which each
-- byte is the character of its number.

local H = ...

local next, type, rawget, char, byte, gsub = next, type, rawget, string.char, string.byte, string.gsub

local NAME = "\0bytes"

local TEXT = {} -- of each byte above 127, its character as UTF-8
for n = 128, 255 do
  TEXT[char(n)] = char(n < 192 and 0xC2 or 0xC3, n < 192 and n or n - 64)
end

-- The same arguments, with strings that are not UTF-8 marked.
local function marked(values)
  if H.readonly.is(values) then
    return values
  end
  local out
  for k, v in next, values do
    if type(v) == "string" and H.json.bad_utf8(v) then
      if not out then
        out = H.json.is_array(values) and H.json.array({}) or {}
        for name, value in next, values do
          out[name] = value
        end
      end
      out[k] = { [NAME] = gsub(v, "[\128-\255]", TEXT) }
    end
  end
  return out or values
end

local function plain(a, b)
  return char(byte(b) + (a == "\195" and 64 or 0))
end

-- A decoded value, with strings in place of what stands for them.
local function unmarked(v)
  if type(v) ~= "table" then
    return v
  end
  local text = rawget(v, NAME)
  if type(text) == "string" and next(v, next(v)) == nil then
    return (gsub(text, "([\194\195])([\128-\191])", plain))
  end
  for k, inner in next, v do
    v[k] = unmarked(inner)
  end
  return v
end

return { marked = marked, unmarked = unmarked }
