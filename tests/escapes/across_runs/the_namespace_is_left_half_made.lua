-- trick: the stack ends while the catalogue is read, and the script ends with that
-- expect: script_error: stack overflow
local function f(n)
  pcall(function() return app.integrations.devin end)
  return 1 + f(n + 1)
end
f(1)
