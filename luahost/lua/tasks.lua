-- Tasks run by turns. Each is a coroutine of the host's: where it would wait for its host it yields H.mark, and goes on
-- when its answer is there. Where it cannot yield, since C code stands between, all wait.
--   group  what one parallel runs: up to `limit` of its `size` tasks at a time
--   loop   runs the tasks of a group, and of those that its tasks begin; they wait there for their turn

local H = ...

local next, type, error, pcall, xpcall, setmetatable = next, type, error, pcall, xpcall, setmetatable
local create, isyieldable, resume, status, yield =
  coroutine.create, coroutine.isyieldable, coroutine.resume, coroutine.status, coroutine.yield
local format, max = string.format, math.max

local AT_ONCE = 256 -- requests of all tasks; the host answers so many of a run at a time
local REFUSALS = 3  -- calls that a cancelled task may try: one that catches every error would never end

local MARK = H.mark
local held = setmetatable({}, { __mode = "k" }) -- the coroutines of tasks, and of a script's own in which one waits

local under_way = 0 -- requests that tasks wait for
if H.renew then
  H.renew[#H.renew + 1] = function() under_way = 0 end
end

------------------------------------------------------------------------------------------------------------
-- Queues

local function push(queue, x)
  queue.last = queue.last + 1
  queue[queue.last] = x
end

local function pop(queue)
  local first = queue.first
  local x = queue[first]
  if x then
    queue[first], queue.first = nil, first + 1
  end
  return x
end

local function new_loop()
  return {
    ready = { first = 1, last = 0 },   -- tasks that can go on
    crowded = { first = 1, last = 0 }, -- tasks that wait until fewer requests are under way
    asleep = {}, -- tasks that wait on a simulated clock
    waiting = 0, -- tasks that wait for an answer
  }
end

------------------------------------------------------------------------------------------------------------
-- What a task does that has to wait; it can yield

-- Another task has failed: a cancelled one may clean up, but ask for nothing more.
local function refuse(task)
  task.refused = (task.refused or 0) + 1
  if task.refused > REFUSALS and H.passes and isyieldable() then
    task.abandoned = true
    yield(MARK)
  end
  H.errors.raise({
    code = "cancelled",
    message = "this task was cancelled, since another one of parallel has failed",
    retryable = false,
  })
end

local function wait_for_room(task)
  while under_way >= AT_ONCE do
    push(task.loop.crowded, task)
    yield(MARK)
    if task.cancelled then
      refuse(task)
    end
  end
end

local function wait_for(task, id)
  under_way = under_way + 1
  task.loop.waiting = task.loop.waiting + 1
  task.request = id
  yield(MARK)
end

-- The answer that this task waits for is there.
local function answered(task)
  under_way = under_way - 1
  task.loop.waiting = task.loop.waiting - 1
  task.request = nil
  push(task.loop.ready, task)
end

-- On a simulated clock, which only moves when it is told to, tasks sleep side by side: one waits until no other can go
-- on, and none sleeps less long. Gives what is left of its time then.
local function pause(task, seconds)
  if not (H.passes and isyieldable()) or task.cancelled then
    return seconds
  end
  task.due = H.now + seconds
  task.loop.asleep[#task.loop.asleep + 1] = task
  yield(MARK)
  local left = max(0, task.due - H.now)
  task.due = nil
  return left
end

local function wake_next(loop)
  local asleep, at = loop.asleep, 1
  for i = 2, #asleep do
    if asleep[i].due < asleep[at].due then
      at = i
    end
  end
  push(loop.ready, table.remove(asleep, at))
end

------------------------------------------------------------------------------------------------------------
-- Groups

local function start(group)
  while group.open < group.limit and group.started < group.size and not group.over do
    local i = group.started + 1
    local task = {
      id = group.prefix .. format("%d", i), index = i, group = group, loop = group.loop, depth = group.depth, groups = 0,
    }
    group.started, group.open, group.live[i] = i, group.open + 1, task
    push(group.loop.ready, task)
  end
end

-- Notes in `requests` what the tasks of a group wait for that nobody needs any more.
local function give_up(group, requests)
  group.over = true
  for i = 1, group.started do
    local task = group.live[i]
    if task and not task.cancelled then
      task.cancelled = true
      if task.inner then
        give_up(task.inner, requests)
      elseif task.request then
        requests[#requests + 1] = task.request
      elseif task.due then
        for at, other in next, task.loop.asleep do
          if other == task then
            table.remove(task.loop.asleep, at)
            break
          end
        end
        push(task.loop.ready, task)
      end
    end
  end
end

-- The host answers at once what can be given up, and what it has sent and cannot call back when its outcome is known.
local function cancel(group)
  local requests = {}
  give_up(group, requests)
  if #requests > 0 then
    H.task = false
    pcall(H.requests.ask, { op = "cancel", ids = H.json.array(requests) })
  end
end

local function ended(task, ok, value)
  local group = task.group
  if H.durable and not task.cancelled then
    pcall(H.durable.tell, task) -- nobody asks for this task any more, and others go on with what it gives
  end
  group.live[task.index], group.open = nil, group.open - 1
  if group.settle then
    if not ok then
      H.errors.keep_of(task.co, value)
    end
    group.results[task.index] = ok and { ok = true, value = value } or { ok = false, error = value }
  elseif ok then
    group.results[task.index] = value == nil and H.json.null or value
  elseif not group.over then
    group.failed, group.problem, group.failed_in = true, value, task.co
    cancel(group)
  end
  start(group)
  if group.open == 0 and group.parent then
    push(group.loop.ready, group.parent)
  end
end

-- The place where a coroutine has yielded, for an error.
local function yielded(co)
  local file, line = H.errors.position(co)
  return H.errors.made({
    code = "invalid_arguments",
    message = "coroutine.yield: a task of parallel has nobody to yield to",
    hint = "return gives a task's value; sleep(0) lets others go on",
    file = file,
    line = line,
  })
end

-- Lets a task go on until it waits again or ends.
local function step(task)
  local co, group = task.co, task.group
  local fine, ok, value
  H.task, H.passes = task, true
  if co then
    fine, ok, value = pcall(resume, co)
  elseif task.cancelled then
    return ended(task, false)
  else
    co = create(group.call or group.list[task.index])
    task.co, held[co] = co, true
    if not group.call then
      fine, ok, value = pcall(resume, co)
    elseif group.alone then
      fine, ok, value = pcall(resume, co, group.list[task.index])
    else
      fine, ok, value = pcall(resume, co, group.list[task.index], task.index)
    end
  end
  if not fine then
    ended(task, false, ok)
  elseif not ok then
    ended(task, false, value)
  elseif status(co) == "dead" then
    held[co] = nil
    ended(task, true, value)
  elseif value ~= MARK then
    ended(task, false, yielded(co))
  elseif task.abandoned then
    ended(task, false)
  end
end

local function run(loop, group)
  while group.open > 0 do
    local task = pop(loop.ready)
    if task then
      step(task)
    elseif under_way < AT_ONCE and loop.crowded[loop.crowded.first] then
      push(loop.ready, pop(loop.crowded))
    elseif loop.waiting > 0 or loop.crowded[loop.crowded.first] then
      H.requests.await()
    else
      wake_next(loop)
    end
  end
end

-- Runs the tasks of a group to their end.
local function join(group)
  local task, passes = H.task, H.passes
  if H.durable then
    H.durable.tell(task) -- before its tasks do anything on the strength of it
  end
  if task and passes and isyieldable() then
    group.parent, group.loop, task.inner = task, task.loop, group
    start(group)
    yield(MARK)
    task.inner = nil
    if task.cancelled and not group.failed then
      refuse(task)
    end
    return
  end
  H.held = held
  group.loop = new_loop()
  start(group)
  local ok, problem = xpcall(run, H.errors.keep, group.loop, group)
  H.task, H.passes = task, passes
  if not ok then
    H.errors.pass_on(problem)
  end
end

return {
  join = join, refuse = refuse, wait_for_room = wait_for_room, wait_for = wait_for, answered = answered, pause = pause,
}
