-- trick: arithmetic, comparison, concatenation, length and calls on namespaces
-- expect: ok
-- output: errors: 10 of 10
local devin = app.integrations.devin
local tries = {
  function() return app + 1 end,
  function() return -app end,
  function() return app < app.integrations end,
  function() return app .. "x" end,
  function() return app() end,
  function() return devin{} end,
  function() return app ^ 2 end,
  function() return table.concat({app}) end,
  function() return devin:get_session() end,
  function() return ("x"):rep(devin) end,
}
local errors = 0
for _, f in ipairs(tries) do
  errors = errors + (pcall(f) and 0 or 1)
end
print("errors: " .. errors .. " of " .. #tries)
