-- The JSON of what is neither a text nor a table.

local tostring, tonumber, type = tostring, tonumber, type
local format = string.format
local floor, huge = math.floor, math.huge

-- A number that has no JSON form gives nil.
local function number_text(v)
  if v == floor(v) and v > -1e15 and v < 1e15 then
    return format("%.0f", v)
  elseif v ~= v or v == huge or v == -huge then
    return nil
  end
  local text = format("%.14g", v)
  if tonumber(text) ~= v then
    text = format("%.17g", v)
  end
  return text
end

-- The JSON of v, or nil where it is not for this file to give.
local function scalar(v)
  local kind = type(v)
  if kind == "number" then
    return number_text(v)
  elseif kind == "boolean" then
    return tostring(v)
  elseif kind == "nil" then
    return "null"
  end
end

return scalar
