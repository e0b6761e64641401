-- Gives Devin a task and sees it through: waits, prints what Devin says, answers when it asks, prints the pull
-- requests, and ends the session when the task is done.
--
--   luahost run --simulate lua_examples/triage.lua
--   luahost run --set task="Fix the login" --set repo=acme/web --set ticket=BUG-7 lua_examples/triage.lua
--
-- Also: answer (what to say when Devin asks), timeout (seconds for each wait), keep (do not end the session). API v1 has
-- no list of repositories: there the task names the repo.

local devin = app.integrations.devin

local task = args.task or "Find out why the nightly build is slow, and fix it"
local answer = args.answer or "Decide for yourself, and take the smaller change."
local timeout = assert(tonumber(args.timeout or 3600), "timeout must be a number of seconds")
local most_answers = 5 -- a session that asks for ever is one for a person

-- A task that is done is still "running": v3 says so in status_detail, v1 in status_enum.
local function state(session)
  local word = session.status_enum or (session.status == "running" and session.status_detail) or session.status
  return word == "blocked" and "waiting_for_user" or word or "unknown"
end

local function one_line(text)
  return (tostring(text or ""):gsub("%s+", " "))
end

-- Prints what is new in the conversation; true if Devin has said something.
local heard = {}
local function listen(session_id)
  local spoken = false
  for message in each(devin.list_session_messages, { session_id = session_id }) do
    local id = message.event_id or (message.created_at or message.timestamp or "") .. one_line(message.message)
    if not heard[id] then
      heard[id] = true
      spoken = spoken or message.source == "devin"
      print(("  %5s: %s"):format(message.source or "?", one_line(message.message)))
    end
  end
  return spoken
end

-- v3 has a list, v1 one pull request.
local function pull_requests(session)
  local urls = json.array({})
  for _, request in ipairs(session.pull_requests or {}) do
    urls[#urls + 1] = request.pr_url
  end
  if session.pull_request then
    urls[#urls + 1] = session.pull_request.url
  end
  return urls
end

-- With a ticket, a second run goes on with the session of the first.
local function create()
  local values = {
    prompt = task,
    repos = args.repo and { args.repo },
    idempotency_key = args.ticket and "triage-" .. args.ticket,
  }
  local ok, made = pcall(devin.create_session, values)
  if ok then
    return made
  elseif made.code ~= "unsupported" or not args.repo then
    error(made, 0)
  end
  values.prompt, values.repos = "In the repository " .. args.repo .. ": " .. task, nil
  return devin.create_session(values)
end

local made = create()
local id = made.session_id
print("Session " .. id .. ": " .. one_line(task))

local session
local answers = 0
while true do
  local ok, found = pcall(devin.wait_session, { session_id = id, timeout = timeout })
  if not ok then
    if found.code == "timeout" then
      print("Devin is not done yet: " .. (made.url or id))
    end
    error(found, 0)
  end
  session = found
  local asked = listen(id)
  if state(session) ~= "waiting_for_user" or answers == most_answers then
    break
  elseif asked then
    answers = answers + 1
    devin.send_message({ session_id = id, message = answer })
  else
    sleep(10) -- our answer has not reached the status yet
  end
end

local urls = pull_requests(session)
for _, url in ipairs(urls) do
  print("Pull request: " .. url)
end
if #urls == 0 then
  print("No pull request")
end

local ending = state(session)
if ending == "finished" and not args.keep then
  devin.terminate_session({ session_id = id })
  print("Done; the session has ended")
elseif ending == "finished" then
  print("Done")
elseif (ending == "exit" or ending == "expired") and args.ticket then
  print("The session of ticket " .. args.ticket .. " has ended already; another ticket begins a new one")
elseif ending == "exit" or ending == "expired" then
  print("The session has ended: " .. (made.url or id))
else
  print("It is " .. ending .. ", and needs somebody: " .. (made.url or id))
end
return { session_id = id, state = ending, pull_requests = urls }
