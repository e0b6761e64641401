-- trick: print one string that nearly fills the memory, where copies of it would not fit
-- expect: limit_exceeded
-- limits: memory_mib=32, output_bytes=1000
-- modes: process
print(("x"):rep(2e7))
