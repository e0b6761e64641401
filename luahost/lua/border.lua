-- The border: frames between this state and its host, over a callable that takes bytes and gives bytes.
--
-- A frame is its length (four bytes, little-endian), a letter, an id in decimal, a space and a body:
--   script to host   O0 text     output, as it is printed; of a task of parallel O1, its id, a space and the text
--                    Q<id> JSON  a request; its answer carries the same id
--                    R0 JSON     the result of the run, the last frame
--                    T0          only where the state is guarded: may this go on?
--   host to script   S0 …        what to run, the first frame (read in main.lua)
--                    A<id> JSON  an answer: {"ok": true, "value": …} or {"ok": false, "error": {…}}; where time is
--                                simulated also "now", in seconds since 1970. Of a page of a list, what the API
--                                sent may stand before it, behind P<bytes> and a space
--                    X0          stop
-- A state that lasts has numbers of chunks in S, R and X: see lasting.lua.
-- Given bytes, the callable writes them and answers "", or something else to stop; given none, it waits for some
-- from the host. So several requests can be under way before the first answer is asked for.

local H = ...

local door, guarded, lasts = H.door, H.guarded, H.lasts
local error, tonumber = error, tonumber
local byte, char, match, sub = string.byte, string.char, string.match, string.sub
local concat, floor = table.concat, math.floor
local collectgarbage = collectgarbage
local sethook = debug.sethook

local OUTPUT_FRAME = 65536 -- bytes; longer output goes in pieces, so that it streams

local STOPPED = "the run was stopped"
local NO_MEMORY = "not enough memory"

-- In a guarded state every further instruction raises, so that no pcall loop outlives the stop.
local stopped = false

if lasts then
  H.renew[1] = function() stopped = false end
end

local function stop()
  stopped = true
  if H.stop then
    H.stop()
  end
  if guarded then
    sethook(function() error(STOPPED, 0) end, "", 1)
  end
  error(STOPPED, 0)
end

-- Memory that ends while lupa converts a value ends the process, or blocks it for ever: so some is always left when
-- Python is entered.
local most, headroom

local function memory(bytes)
  most = bytes
  headroom = bytes and floor(bytes / 4 < 12 * 2 ^ 20 and bytes / 4 or 12 * 2 ^ 20)
end

local function room(bytes)
  if most and collectgarbage("count") * 1024 + bytes > most - headroom then
    collectgarbage()
    if collectgarbage("count") * 1024 + bytes > most - headroom then
      error(NO_MEMORY, 0)
    end
  end
end

local buffer = "" -- what has come beyond the last frame

local torn = false -- whether a frame was begun and not read to its end

local function read()
  room(65536)
  return door("")
end

local function receive()
  while #buffer < 4 do
    buffer = buffer .. read()
  end
  local a, b, c, d = byte(buffer, 1, 4)
  local size = a + b * 0x100 + c * 0x10000 + d * 0x1000000
  local have = #buffer - 4
  if have < size then
    local parts, n = { buffer }, 1
    room(2 * size)
    torn = true
    while have < size do
      n = n + 1
      parts[n] = read()
      have = have + #parts[n]
    end
    buffer = concat(parts)
    torn = false
  end
  local kind, id, at = match(buffer, "^(%u)(%d+) ()", 5)
  local body = sub(buffer, at or 1, size + 4)
  buffer = sub(buffer, size + 5)
  id = tonumber(id)
  if not kind or (kind == "X" and (not lasts or id == H.chunk)) then
    stop()
  end
  return kind, id, body
end

local function submit(frame)
  local size = #frame
  room(2 * size)
  local head = char(size % 0x100, floor(size / 0x100) % 0x100, floor(size / 0x10000) % 0x100, floor(size / 0x1000000) % 0x100)
  if door(head .. frame) ~= "" then
    stop()
  end
end

local function output(text)
  local head = H.task and "O1 " .. H.task.id .. " " or "O0 "
  for i = 1, #text, OUTPUT_FRAME do
    submit(head .. sub(text, i, i + OUTPUT_FRAME - 1))
  end
end

-- Every `count` instructions the host is asked whether to stop; it only runs where nobody can kill this state.
local function guard(count)
  sethook(function()
    if door("\3\0\0\0T0 ") ~= "" then
      stop()
    end
  end, "", count)
end

return {
  clean = function() return H.unread == 0 and buffer == "" end,
  output = output, receive = receive, submit = submit, guard = guard, memory = memory,
  is_stopped = function() return stopped end,
  room = room, stop = stop, is_torn = function() return torn end,
  whole = lasts and { [receive] = true, [read] = true, [room] = true },
}
