-- A stream of random numbers for each task: Marsaglia's xorshift128, begun from the run's seed and the task's id.

local H = ...

local select, tonumber, floor, format, byte = select, tonumber, math.floor, string.format, string.byte
local bxor, lshift, rshift, tobit = bit.bxor, bit.lshift, bit.rshift, bit.tobit

-- 32 bits of a text: Jenkins' one_at_a_time.
local function hashed(text, h)
  for i = 1, #text do
    h = tobit(h + byte(text, i))
    h = tobit(h + lshift(h, 10))
    h = bxor(h, rshift(h, 6))
  end
  h = tobit(h + lshift(h, 3))
  h = bxor(h, rshift(h, 11))
  return tobit(h + lshift(h, 15))
end

local function begun(seed, id)
  local text = format("%.17g %s", seed, id)
  return { hashed(text, 1), hashed(text, 2), hashed(text, 3), hashed(text, 4) }
end

local function word(s)
  local t, w = s[1], s[4]
  t = bxor(t, lshift(t, 11))
  s[1], s[2], s[3] = s[2], s[3], w
  w = bxor(w, rshift(w, 19), t, rshift(t, 8))
  s[4] = w
  return w
end

-- What math.random gives in this task, by LuaJIT's own arithmetic; nil where its arguments are wrong.
local function draw(task, ...)
  local n, low, high = select("#", ...), ...
  if n == 1 then
    low, high = 1, low
  end
  if n > 0 then
    low, high = tonumber(low), tonumber(high)
    if not low or not high then
      return nil
    end
  end
  local s = task.stream
  if not s then
    s = begun(H.seed, task.id)
    task.stream = s
  end
  local x = (rshift(word(s), 5) * 2 ^ 26 + rshift(word(s), 6)) / 2 ^ 53
  if n == 0 then
    return x
  end
  return floor(x * (high - low + 1)) + low
end

local function seed(task, number)
  task.stream = begun(number, "")
end

return { draw = draw, seed = seed }
