-- Requests of a script to its host, over the border, and their answers.

local H = ...

local type, tostring, isyieldable = type, tostring, coroutine.isyieldable
local find, format, match, sub = string.find, string.format, string.match, string.sub
local receive, submit = H.border.receive, H.border.submit

local MAX_REQUEST = 2 ^ 25 -- bytes; the host ends a run that sends a frame of more than twice as many

local REPLY_DEPTH = 8 -- levels that a reply's own wrapping may add to a value's

local next_id = 0
local arrived = {} -- answers that nobody has taken yet, by id
local owners = {}  -- the tasks that wait for an answer, by id
local forgotten = 0 -- the last id whose answer nobody waits for, since its chunk has ended
if H.renew then
  H.renew[#H.renew + 1] = function()
    arrived, owners, forgotten = {}, {}, next_id
  end
end

-- Waits for the next frame of the host's.
local function await()
  local kind, id, body = receive()
  if kind == "A" and id > forgotten then
    arrived[id] = body
    local task = owners[id]
    if task then
      owners[id] = nil
      H.tasks.answered(task)
    end
  end
end

local function answer(id)
  while not arrived[id] do
    await()
  end
  local body = arrived[id]
  arrived[id] = nil
  H.unread = H.unread - 1
  local size, at = match(body, "^P(%d+) ()")
  local page
  if size then
    page, body = sub(body, at, at + size - 1), sub(body, at + size)
  end
  local ok, reply = H.decode(body, REPLY_DEPTH)
  if ok and page then
    ok, page = H.decode(page)
    reply.page, reply = page, ok and reply or page
  elseif ok and find(body, "\\u0000bytes", 1, true) then
    reply = H.bytes.unmarked(reply)
  end
  if not ok or type(reply) ~= "table" then
    return { ok = false, error = { code = "invalid_response", message = "the answer cannot be read: " .. tostring(reply) } }
  end
  return reply
end

-- The text of a request with what says whose it is.
local function marked(text)
  local task = H.task
  local marks = task and ',"task":"' .. task.id .. '"' or ""
  if H.durable then
    marks = marks .. H.durable.marks(task)
  end
  return sub(text, 1, -2) .. marks .. "}"
end

-- Sends a request, `name` in errors, and gives its number.
local function send(name, text)
  if #text > MAX_REQUEST then
    H.errors.invalid(name .. ": " .. #text .. " bytes are more than a request may have")
  end
  next_id = next_id + 1
  local id = next_id
  H.unread = H.unread + 1
  submit("Q" .. format("%d", id) .. " " .. text)
  return id
end

-- Sends a request and waits for its answer: its value, or the error raised at the script's own line, as `amend` leaves
-- it. Where it `takes` time, a task lets others go on meanwhile, if it can.
local function exchange(name, text, takes, amend)
  local task = H.task
  if task and task.cancelled then
    H.tasks.refuse(task)
  end
  local yields = takes and H.passes and isyieldable()
  if yields then
    H.tasks.wait_for_room(task)
  end
  local id = send(name, (task or H.durable) and marked(text) or text)
  if H.durable then
    H.durable.told(task)
  end
  if yields then
    owners[id] = task
    H.tasks.wait_for(task, id)
  end
  local reply = answer(id)
  H.now = reply.now or H.now
  if reply.ok == true then
    return reply.value, reply.page
  end
  local problem = type(reply.error) == "table" and reply.error or { code = "internal_error", message = "the host gave no reason" }
  if amend then
    amend(problem)
  end
  H.errors.raise(problem)
end

local TAKES_TIME = { more = true, sleep = true }

-- A request of the host's own making; `amend` is given the fields of an error before it is raised.
local function ask(request, amend)
  local text, problem = H.json.encode(request)
  if not text then
    H.errors.invalid(request.op .. ": " .. problem)
  end
  return exchange(request.op, text, TAKES_TIME[request.op], amend)
end

-- The call of a function: `head` is the beginning of its request, `values` are its arguments, by name or position;
-- `bytes` says that it takes some.
local function call(head, name, account, kind, values, bytes)
  local text, problem, path = H.json.encode(bytes and H.bytes.marked(values) or values)
  if not text then
    H.errors.raise({
      code = "invalid_arguments",
      message = name .. ": " .. (path ~= "" and "'" .. path .. "': " or "") .. problem,
      call = name,
      account = account or H.run_account,
      retryable = false,
    })
  end
  return exchange(name, head .. kind .. text .. "}", true)
end

return { ask = ask, call = call, await = await }
