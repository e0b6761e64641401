-- trick: the limit on output ends the run while the pipe is full of more
-- expect: limit_exceeded: output_bytes
-- limits: output_bytes=5
while true do print(("left "):rep(20000)) end
