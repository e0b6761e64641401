-- trick: catch the error of a limit and raise it again: it must stay what it is
-- expect: limit_exceeded: calls
-- limits: calls=1
-- output: false	limit_exceeded
pcall(app.integrations.devin.get_session, {})
local ok, e = pcall(app.integrations.devin.get_session, {})
print(ok, e.code)
error(e)
