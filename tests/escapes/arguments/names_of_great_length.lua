-- trick: have the host compare, quote and send back names of a million bytes
-- expect: ok
-- limits: wall=8
-- output: 6 short
local long = ("session_id"):rep(100000)
local devin, short = app.integrations.devin, 0
for _, f in ipairs{
  function() return devin[long] end, function() return devin.work[long] end, function() return app.integrations[long] end,
  function() return app[long] end, function() return devin.get_session{[long] = 1} end, function() devin[long] = 1 end,
} do
  local ok, e = pcall(f)
  if not ok and #e.message < 2000 then short = short + 1 else print(ok, #e.message) end
end
print(short .. " short")
