-- trick: bring line ends and headers into the request through every text that a call takes
-- expect: ok
-- output: 8 refused
-- output: true	true
-- requests: POST /v3/organizations/*/sessions
-- requests: GET /v3/organizations/*/sessions?first=200&tags=*
local inject = "x\r\nAuthorization: Bearer stolen\r\n\r\nGET /v3/self HTTP/1.1\r\nHost: a\r\n\r\n"
local refused = 0
for _, name in ipairs{"get_session", "send_message"} do
  for _, id in ipairs{inject, "a\n", "a\r\n", "a\0b"} do
    local ok, e = pcall(app.integrations.devin[name], {session_id = id, message = name == "send_message" and "m" or nil})
    if not ok and e.code == "invalid_arguments" then refused = refused + 1 else print(name, ok, e) end
  end
end
print(refused .. " refused")
local devin = app.integrations.devin
local made = devin.create_session{prompt = inject, idempotency_key = inject .. os.clock()}
print(type(made.session_id) == "string", (pcall(devin.create_session, {prompt = inject .. "\0\127"})))
