-- trick: the message handler prints, and raises the next error, for which it is called again
-- expect: limit_exceeded: output_bytes
-- limits: output_bytes=10000
local function handler(e)
  print(("x"):rep(100))
  return e
end
while true do xpcall(error, handler, "x") end
