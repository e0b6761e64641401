-- The border: frames of bytes between this state and its host.
--
-- A frame is a letter, an id in decimal, a space and a body:
--   script to host   O0 text     output, as it is printed
--                    Q<id> JSON  a request; its answer carries the same id
--                    R0 JSON     the result of the run, the last frame
--                    T0          only where the state is guarded: may this go on?
--   host to script   S0 JSON     what to run, the first frame
--                    A<id> JSON  an answer: {"ok": true, "value": …} or {"ok": false, "error": {…}}
--                    X0          stop
-- The callable submits the frame it is given and answers "", or the stop frame; given no bytes, it waits for
-- the next frame from the host. So several requests can be under way before the first answer is asked for.

local H = ...

local border, guarded = H.border, H.guarded
local type, error, tonumber, tostring = type, error, tonumber, tostring
local format, match, sub = string.format, string.match, string.sub
local sethook = debug.sethook
local json, errors = H.json, H.errors

local OUTPUT_FRAME = 65536 -- bytes; longer output goes in pieces, so that it streams

local STOPPED = "the run was stopped"

-- In a guarded state every further instruction raises, so that no pcall loop outlives the stop.
local stopped = false

local function stop()
  stopped = true
  if guarded then
    sethook(function() error(STOPPED, 0) end, "", 1)
  end
  error(STOPPED, 0)
end

local function receive()
  local frame = border("")
  local kind, id, at = match(frame, "^(%u)(%d+) ()")
  if not kind or kind == "X" then
    stop()
  end
  return kind, tonumber(id), sub(frame, at)
end

local function submit(frame)
  if border(frame) ~= "" then
    stop()
  end
end

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
  local ok, reply = json.decode(body, REPLY_DEPTH)
  if not ok or type(reply) ~= "table" then
    return { ok = false, error = { code = "invalid_response", message = "the answer cannot be read: " .. tostring(reply) } }
  end
  return reply
end

-- Asks the host and waits: its value, or the error raised at the script's own line.
local function ask(request)
  local text, problem, path = json.encode(request)
  if not text then
    local place = match(path or "", "^arguments%.?(.*)$") or match(path or "", "^positional(.*)$")
    local call = request["function"]
    errors.raise({
      code = "invalid_arguments",
      message = (call or request.op) .. ": " .. (place and place ~= "" and "'" .. place .. "': " or "") .. problem,
      call = call,
      account = call and (request.account or H.run_account),
      retryable = call and false,
    })
  end
  next_id = next_id + 1
  submit("Q" .. format("%d", next_id) .. " " .. text)
  local reply = answer(next_id)
  if reply.ok == true then
    return reply.value
  end
  errors.raise(type(reply.error) == "table" and reply.error or { code = "internal_error", message = "the host gave no reason" })
end

local function output(text)
  for i = 1, #text, OUTPUT_FRAME do
    submit("O0 " .. sub(text, i, i + OUTPUT_FRAME - 1))
  end
end

-- Every `count` instructions the host is asked whether to stop; it only runs where nobody can kill this state.
local function guard(count)
  sethook(function()
    if border("T0 ") ~= "" then
      stop()
    end
  end, "", count)
end

H.wire = { ask = ask, output = output, receive = receive, submit = submit, guard = guard, is_stopped = function() return stopped end }
