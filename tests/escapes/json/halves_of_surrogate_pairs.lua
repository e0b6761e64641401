-- trick: bring half a character through the reader, and on to the host
-- expect: ok
-- output: ef bf bd
-- output: ef bf bd ef bf bd
-- output: f0 9f 98 80
-- output: ef bf bd 78
-- output: ef bf bd ef bf bd
-- output: ef bf bf
-- output: false	invalid_arguments
-- requests: POST /v3/organizations/*/sessions/devin-sess_abc123/messages
local function bytes(s) return (s:gsub(".", function(c) return ("%02x "):format(c:byte()) end):gsub(" $", "")) end
for _, text in ipairs{[["\ud800"]], [["\udc00\ud800"]], [["\ud83d\ude00"]], [["\ud800x"]], [["\ud800\ud800"]], [["\uffff"]]} do
  print(bytes(json.decode(text)))
end
local send = app.integrations.devin.send_message
assert(send{session_id = "sess_abc123", message = json.decode([["\ud800"]])})
local ok, e = pcall(send, {session_id = "sess_abc123", message = "\237\160\128"})
print(ok, e.code)
