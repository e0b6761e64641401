-- What a run that may be resumed notes of what it cannot have twice: the times that it was told, and whether the order
-- of a table's names has counted, which differs from process to process.

local H = ...

local type, format, max = type, string.format, math.max
local concat = table.concat
local os_time = os.time

-- `times` has, by task, what earlier runs were told: {number of the call, time} whenever the time was another one than
-- at the call before; `counts` how many calls those are in all.
return function(times, counts)
  local main = { id = "" }
  local unordered = false

  local function clock_of(task)
    task = task or main
    local clock = task.clock
    if not clock then
      clock = {
        count = 0, told = 0, last = 0, news = {},
        known = times and times[task.id] or {}, at = 0, until_count = counts and counts[task.id] or 0,
      }
      task.clock = clock
    end
    return clock
  end

  -- The time, in seconds since 1970: what an earlier run was told at the same call, or else the machine's.
  local function now(task)
    local clock = clock_of(task)
    clock.count = clock.count + 1
    if clock.count <= clock.until_count then
      local known = clock.known
      while known[clock.at + 1] and known[clock.at + 1][1] <= clock.count do
        clock.at = clock.at + 1
      end
      if clock.at > 0 then
        clock.last = known[clock.at][2]
        return clock.last
      end
    end
    local time = max(os_time(), clock.last)
    if time ~= clock.last then
      clock.last = time
      clock.news[#clock.news + 1] = format("[%d,%d]", clock.count, time)
    end
    return time
  end

  -- What the next request of a task says of this, as the end of its JSON.
  local function marks(task)
    local clock, said = clock_of(task), ""
    if clock.count ~= clock.told then
      said = format(',"clock":%d', clock.count)
      if #clock.news > 0 then
        said = said .. ',"times":[' .. concat(clock.news, ",") .. "]"
      end
    end
    return unordered and said .. ',"unordered":true' or said
  end

  -- That request has left. One that is too large, or finds no memory, does not.
  local function told(task)
    local clock = clock_of(task)
    if clock.count ~= clock.told then
      clock.told, clock.news = clock.count, {}
    end
  end

  -- Looks at a table that is walked by `next`. What is numbered comes in order, and so does a single name.
  local function watch(t)
    unordered = unordered or (type(t) == "table" and H.order.is_unsteady(t))
  end

  -- An iterator over a table, in an order that it has in every process; nil where Lua's own is such.
  local function walk(t)
    local step, exact = H.order.walk(t)
    unordered = unordered or exact == false
    return step
  end

  -- Tells the host what a task was told of the time, where its next request could be long in coming, or never come.
  local function tell(task)
    local clock = clock_of(task)
    if clock.count ~= clock.told then
      H.requests.ask({ op = "note" })
    end
  end

  return { now = now, marks = marks, told = told, watch = watch, walk = walk, tell = tell }
end
