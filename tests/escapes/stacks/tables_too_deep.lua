-- trick: tables 100,000 deep are printed, encoded, sent as arguments, raised as errors and returned
-- expect: script_error
-- output: encode: false
-- output: call: invalid_arguments
local t = {}
for _ = 1, 1e5 do
  t = {t}
end
tostring(t)
print("encode: " .. tostring((pcall(json.encode, t))))
local _, e = pcall(app.integrations.devin.get_session, {session_id = t})
print("call: " .. e.code)
local _, problem = pcall(error, {message = "x", details = t})
assert(problem.details == t)
error({message = "x", details = t, hint = t, code = "script_error"})
