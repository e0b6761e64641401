-- trick: have Devin send the key back in a success, as a value, as a name, in JSON's escapes, and look at it closely
-- expect: ok
-- output-contains: redacted
-- requests: GET /v3/organizations/*/sessions/devin-a
-- fault: {"path": "/sessions/", "body": "{\"status\": \"running\", \"created_at\": 1, \"session_id\": \"x {key} y\", \"{key}\": [\"{escaped}\", {\"a\": \"{key}{key}\"}]}", "status": 200, "headers": {"content-type": "application/json"}}
local found = app.integrations.devin.get_session("a")
dump(found)
local text = json.encode(found)
print(text, text:upper(), text:reverse(), found.session_id:sub(3))
for c in found.session_id:gmatch(".") do print(c:byte()) end
