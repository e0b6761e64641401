-- trick: one line of five megabytes, printed in many frames
-- expect: limit_exceeded: output_bytes
-- limits: output_bytes=10000
print(("x"):rep(5e6))
