-- trick: lose the answer of a write, so that the error is made from the request that holds the key
-- expect: outcome_unknown
-- requests: POST /v3/organizations/*/sessions/devin-a/messages
-- fault: {"method": "POST", "lose": "after", "times": null}
local ok, e = pcall(app.integrations.devin.send_message, "a", "x")
dump(e)
print(e.code, e.message, e.hint)
error(e)
