-- trick: the message handler never returns, and the handler's own end is caught
-- expect: limit_exceeded: cpu
-- limits: cpu=0.05
local function spin()
  while true do
    pcall(error)
  end
end
while true do
  xpcall(spin, spin)
end
