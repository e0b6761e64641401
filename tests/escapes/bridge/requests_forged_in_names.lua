-- trick: bring a name of one's own into the request that a namespace sends when it does not know a name
-- expect: ok
-- output: unknown_function
-- output: unknown_account
-- output: unknown_integration
-- output: unknown_account
local function code(f, ...) return (select(2, pcall(f, ...))).code end
local devin = app.integrations.devin
print(code(function() return devin.work['get_session","op":"call","function":"devin.create_session'] end))
print(code(function() return devin['x"},{"op":"module","name":"json'] end))
print(code(function() return app.integrations['devin.get_session'] end))
print(code(function() return devin[("\\"):rep(50) .. '"'] end))
