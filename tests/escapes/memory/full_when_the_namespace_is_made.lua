-- trick: app.integrations is first looked at while memory is full, so that its catalogue cannot be read
-- expect: ok
-- expect: limit_exceeded: memory_mib
-- limits: memory_mib=32
-- modes: process, reuse
-- output: invalid_arguments
local keep = {}
for size = 16, 3, -1 do
  pcall(function()
    while true do keep[#keep + 1] = ("x"):rep(2 ^ size) .. #keep end
  end)
  pcall(function() return app.integrations.devin.work.get_session end)
end
keep = nil
local _, e = pcall(function() app.integrations.devin.get_session{session_id = ""} end)
print(e.code)
