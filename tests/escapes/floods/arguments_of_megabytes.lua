-- trick: megabytes of text as a name, as a value that is no option, and as a position too many
-- expect: ok
-- output: short short short
local long = ("x"):rep(2e6)
local function try(...)
  local _, e = pcall(app.integrations.devin.get_session, ...)
  return #tostring(e) < 5000 and "short" or "long: " .. #tostring(e)
end
print(try({[long] = 1}) .. " " .. try({session_id = {long}}) .. " " .. try("x", long))
