-- Values as text: what print, dump and tostring write.

local H = ...

local type, next, rawget, tostring, pcall = type, next, rawget, tostring, pcall
local getmetatable = debug.getmetatable -- sees behind __metatable
local find, format, gmatch, gsub, rep, sub, byte =
  string.find, string.format, string.gmatch, string.gsub, string.rep, string.sub, string.byte
local concat, sort = table.concat, table.sort

local WIDTH = 88        -- a table that fits is written on one line
local MAX_DEPTH = 32
local MAX_LENGTH = 1e6  -- characters; a table of tables that share parts can be far larger as text than in memory

local KEYWORDS = {}
for word in
  gmatch("and break do else elseif end false for function goto if in local nil not or repeat return then true until while", "%a+")
do
  KEYWORDS[word] = true
end

local function quote(s)
  s = gsub(s, '[%c"\\]', function(c)
    if c == "\n" then
      return "\\n"
    elseif c == "\t" then
      return "\\t"
    elseif c == "\r" then
      return "\\r"
    elseif c == '"' or c == "\\" then
      return "\\" .. c
    end
    return format("\\%03d", byte(c))
  end)
  return '"' .. s .. '"'
end

-- Numbers before strings, each in order; other keys last, by kind.
local RANK = { number = 1, string = 2, boolean = 3 }
local function key_order(a, b)
  local ka, kb = type(a), type(b)
  if ka ~= kb then
    return (RANK[ka] or 9) < (RANK[kb] or 9)
  end
  if ka == "number" or ka == "string" then
    return a < b
  end
  return ka == "boolean" and a and not b
end

local render

-- tostring's answer for what is not a plain table: no addresses, and a script's __tostring where there is one.
local function plain(v)
  local kind = type(v)
  if kind == "function" or kind == "thread" then
    return kind
  elseif kind == "userdata" then
    return v == H.json.null and "null" or "userdata"
  end
  return tostring(v)
end

local function own_text(t)
  local mt = getmetatable(t)
  local f = type(mt) == "table" and rawget(mt, "__tostring")
  if f then
    local callable = type(f) == "function" or (getmetatable(f) or {}).__call
    if not callable then
      H.errors.raise({ code = "script_error", message = "'__tostring' must be a function, not a " .. type(f) })
    end
    local text = f(t)
    if type(text) ~= "string" then
      H.errors.raise({ code = "script_error", message = "'__tostring' must return a string" })
    end
    return text
  end
end

-- Adds the text of v to `state`, nested `depth` deep.
function render(v, state, depth)
  local kind = type(v)
  if kind == "string" then
    return quote(v)
  elseif kind ~= "table" then
    return plain(v)
  end
  local text = own_text(v)
  if text then
    return text
  end
  if state.open[v] then
    return "<cycle>"
  end
  if depth > MAX_DEPTH or state.length > MAX_LENGTH then
    return "<...>"
  end
  state.open[v] = true
  local source = H.readonly.listing(v) or v
  local parts, n, length = {}, 0, 0
  local size = #source
  for i = 1, size do
    n = n + 1
    parts[n] = render(rawget(source, i), state, depth + 1)
    length = length + #parts[n] + 2
    if length > MAX_LENGTH then
      break
    end
  end
  local keys, count = {}, 0
  for k in next, source do
    if not (type(k) == "number" and k >= 1 and k <= size and k % 1 == 0) then
      count = count + 1
      keys[count] = k
    end
  end
  sort(keys, key_order)
  for i = 1, count do
    local k = keys[i]
    local name
    if type(k) == "string" and find(k, "^[%a_][%w_]*$") and not KEYWORDS[k] then
      name = k
    else
      name = "[" .. render(k, state, depth + 1) .. "]"
    end
    n = n + 1
    parts[n] = name .. " = " .. render(rawget(source, k), state, depth + 1)
    length = length + #parts[n] + 2
    if length > MAX_LENGTH then
      break
    end
  end
  state.open[v] = nil
  state.length = state.length + length
  if n == 0 then
    return "{}"
  end
  local line = "{" .. concat(parts, ", ") .. "}"
  if #line + 2 * depth <= WIDTH and not find(line, "\n", 1, true) then
    return line
  end
  local indent = "\n" .. rep("  ", depth + 1)
  return "{" .. indent .. concat(parts, "," .. indent) .. "\n" .. rep("  ", depth) .. "}"
end

local function text_of(v)
  if type(v) == "table" then
    return render(v, { open = {}, length = 0 }, 0)
  end
  return plain(v)
end

-- The same for a string too, in quotes: what `dump` writes.
local function dump_text(v)
  return render(v, { open = {}, length = 0 }, 0)
end

-- What host code may show of any value: a script's own __tostring that fails must not hide the first error.
local function safe_text(v)
  local ok, text = pcall(text_of, v)
  return ok and text or "(a " .. type(v) .. " whose __tostring fails)"
end

-- A name as errors show it: short, in UTF-8, and without addresses.
local function name_text(v)
  local text = type(v) == "string" and v or safe_text(v)
  if H.json.bad_utf8(text) then
    text = gsub(text, "[\128-\255]", "?")
  end
  return #text <= 100 and text or sub(text, 1, 97) .. "..."
end

return { text_of = text_of, dump_text = dump_text, safe_text = safe_text, name_text = name_text }
