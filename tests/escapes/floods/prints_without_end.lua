-- trick: short lines, without end, each caught by pcall
-- expect: limit_exceeded: output_bytes
-- limits: output_bytes=10000
while true do pcall(print, "x") end
