-- trick: calls with twenty thousand unknown names, each of which is a problem, compared with the names there are
-- expect: ok
-- limits: wall=3
-- output: invalid_arguments short
local wrong = {}
for i = 1, 2e4 do wrong["name" .. i] = i end
local _, e = pcall(app.integrations.devin.get_session, wrong)
print(e.code .. " " .. (#e.message < 5000 and "short" or "long: " .. #e.message))
