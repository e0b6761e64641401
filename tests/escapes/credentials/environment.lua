-- trick: read the environment, where keys lie, by any name that Lua has for it
-- expect: ok
-- output: nil	nil	nil	nil
-- output: false	false	nil
-- output: nil
print(os.getenv, os.environ, os.execute, os.setenv)
print((pcall(os.date, "$DEVIN_API_KEY", {})), (pcall(require, "os")), load("return os and os.getenv", "n", "t", nil)())
local found
for name, value in pairs(_G) do
  if type(value) == "string" and value:find("DEVIN", 1, true) then found = name end
end
print(found)
