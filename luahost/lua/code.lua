-- The text of a script as explanations read it: line by line, without what its strings and comments say.
-- Loaded only where something has failed, as are syntax.lua, mistakes.lua and absent.lua.

local H = ...

local find, gsub, match, sub = string.find, string.gsub, string.match, string.sub
local concat, ipairs = table.concat, ipairs

local MOST = 65536  -- bytes; a longer text is not read
local LONGEST = 300 -- bytes of a line that are looked at: patterns take their time

local function blank(text)
  return (gsub(text, "[^\n]", " "))
end

-- Where the string or comment at `start` ends, and how many bytes of it at either end stay; nil where there is none.
local function span(source, start)
  local comment = sub(source, start, start + 1) == "--"
  local level = match(source, comment and "^%-%-%[(=*)%[" or "^%[(=*)%[", start)
  if level then
    local _, stop = find(source, "]" .. level .. "]", start, true)
    return stop or #source, comment and 0 or #level + 2
  elseif comment then
    return (find(source, "\n", start, true) or #source + 1) - 1, 0
  end
  local quote = match(source, "^[\"']", start)
  if not quote then
    return nil
  end
  local at = start + 1
  while true do
    at = find(source, "[\\\n" .. quote .. "]", at)
    local c = at and sub(source, at, at)
    if c == quote then
      return at, 1
    elseif c ~= "\\" then
      return (at or #source + 1) - 1, 1
    end
    at = at + 2
  end
end

local function without_words(source)
  local parts, n, done, at = {}, 0, 1, 1
  while true do
    local start = find(source, "[\"'%[%-]", at)
    if not start then
      break
    end
    local stop, kept = span(source, start)
    at = start + 1
    if stop then
      parts[n + 1] = sub(source, done, start - 1 + kept)
      parts[n + 2] = blank(sub(source, start + kept, stop - kept))
      n, done, at = n + 2, math.max(start + kept, stop - kept + 1), stop + 1
    end
  end
  parts[n + 1] = sub(source, done)
  return concat(parts)
end

local function lines(text)
  local out, n = {}, 0
  for line in string.gmatch(text .. "\n", "([^\n]*)\n") do
    n = n + 1
    out[n] = sub(line, 1, LONGEST)
  end
  return out
end

-- The lines of `source`: their code, and as they are; two empty lists where it cannot be read.
local function read(source)
  if type(source) ~= "string" or #source > MOST then
    return {}, {}
  end
  return lines(without_words(source)), lines(source)
end

-- The number of the one line that returns what a call gives; nil where there are several. Such a tail call leaves no
-- frame of the script: when a function of Lua's own fails in one, nothing else tells where.
local function only_tail_call(code)
  local found
  for number, line in ipairs(code) do
    if find(line, "%f[%w_]return%f[^%w_].*[%w_%])]%s*[({\"'%[]") or find(line, "%f[%w_]return%s*$") then
      if found then
        return nil
      end
      found = number
    end
  end
  return found
end

-- Puts a lesson into an error's fields: Lua's own words stay, what is wrong comes behind them.
local function tell(fields, wrong, write, line)
  if wrong then
    fields.message = fields.message .. ": " .. wrong
  end
  fields.hint = write or fields.hint
  fields.line = line or fields.line
end

return { read = read, only_tail_call = only_tail_call, tell = tell }
