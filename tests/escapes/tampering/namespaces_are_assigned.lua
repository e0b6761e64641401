-- trick: replace functions, accounts and integrations by assignment
-- expect: ok
-- output: assigned: 0
local devin = app.integrations.devin
local function f() return "spoilt" end
local assigned = 0
for _, try in ipairs{
  function() app.integrations = {} end,
  function() app.integrations.devin = {} end,
  function() app.integrations.other = {} end,
  function() devin.get_session = f end,
  function() devin.default = devin.work end,
  function() devin.work = devin.default end,
  function() devin.work.get_session = devin.get_session end,
  function() devin.default.get_session = nil end,
  function() devin[1] = f end,
  function() app[app] = app end,
} do
  if pcall(try) then
    assigned = assigned + 1
  end
end
print("assigned: " .. assigned)
