-- Requests of a script to its host, over the border, and their answers.

local H = ...

local type, tostring = type, tostring
local find, format, match, sub = string.find, string.format, string.match, string.sub
local receive, submit = H.border.receive, H.border.submit

local MAX_REQUEST = 2 ^ 25 -- bytes; the host ends a run that sends a frame of more than twice as many

local REPLY_DEPTH = 8 -- levels that a reply's own wrapping may add to a value's

local next_id = 0
local waiting = {} -- answers that came while another was waited for, by id

local function answer(id)
  local body = waiting[id]
  while not body do
    local kind, got, text = receive()
    if kind == "A" then
      if got == id then
        body = text
      else
        waiting[got] = text
      end
    end
  end
  waiting[id] = nil
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

-- Waits for the answer to a request: its value, or the error raised at the script's own line, as `amend` leaves it.
local function take(id, amend)
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

-- A request of the host's own making; `amend` is given the fields of an error before it is raised.
local function ask(request, amend)
  local text, problem = H.json.encode(request)
  if not text then
    H.errors.invalid(request.op .. ": " .. problem)
  end
  return take(send(request.op, text), amend)
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
  return take(send(name, head .. kind .. text .. "}"))
end

return { ask = ask, call = call }
