-- trick: rawset puts a function of the script's own in front of the host's
-- expect: ok
-- output: replaced: 0
local devin = app.integrations.devin
local replaced = 0
for place, name in pairs{[app] = "integrations", [app.integrations] = "devin", [devin] = "get_session", [devin.work] = "get_session", [devin.default] = "list_sessions"} do
  if pcall(rawset, place, name, print) or rawget(place, name) == print or place[name] == print then
    replaced = replaced + 1
  end
end
print("replaced: " .. replaced)
