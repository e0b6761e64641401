-- trick: have Devin send the key back in a refusal's body and headers, and raise it on
-- expect: validation_failed
-- requests: POST /v3/organizations/*/sessions
-- fault: {"path": "/sessions", "status": 422, "body": {"detail": [{"loc": ["body", "{key}"], "msg": "bad {key}", "input": {"{key}": "{key}"}}]}, "headers": {"x-request-id": "{key}", "retry-after": "{key}"}}
local ok, e = pcall(app.integrations.devin.create_session, {prompt = "x"})
for _, name in ipairs{"code", "message", "hint", "call", "account", "status", "retryable", "retry_after", "request_id"} do
  print(name, e[name])
end
dump(e.details)
print(tostring(e), e .. "", e:upper(), e:reverse(), json.encode(e))
error(e)
