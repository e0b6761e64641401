-- A tour of what a script can do. Run it with: luahost run --simulate lua_examples/tour.lua
-- With --simulate nothing is real: no network, no key, and waiting takes no time.

local devin = app.integrations.devin

-- Who am I?
local me = devin.get_current_user()
print("I am " .. (me.name or "somebody") .. ", " .. (me.email or "without an email"))

-- Give Devin a task. The key makes sure that running this twice starts one session, not two.
local session = devin.create_session({
  prompt = "Fix the login",
  idempotency_key = "tour-fix-the-login",
})
print("Session " .. session.session_id .. " is " .. session.status)

local again = devin.create_session({ prompt = "Fix the login", idempotency_key = "tour-fix-the-login" })
print("The same key gives the same session: " .. tostring(again.session_id == session.session_id))

-- Talk to it, and wait until it is done: on API v3 it is then still "running", and status_detail tells.
devin.send_message(session.session_id, "Please add a test as well")
sleep(30)
session = devin.wait_session(session.session_id)
print("After a while: " .. session.status .. ", " .. (session.status_detail or "without a detail"))

-- Other accounts have the same functions.
print("On the work account I am " .. (devin.work.get_current_user().name or "somebody"))

-- Errors are tables that read like text.
local _, err = pcall(devin.get_session, "devin-0000")
print("An error: " .. err)
print("Its code: " .. err.code .. ", status " .. tostring(err.status))

-- A slip is caught before anything is sent.
_, err = pcall(devin.create_session, json.decode('{ "promt": "Fix the login" }'))
print("A slip: " .. err)

-- Tables print readably, and become JSON.
dump({ sessions = #devin.list_sessions().sessions, tags = json.array() })
print(json.encode({ name = me.name, languages = { "Lua", "Python" } }))
