-- trick: string.format puts one large string into its result hundreds of times, and quotes it
-- expect: ok
-- expect: limit_exceeded: memory_mib
-- limits: memory_mib=32
-- modes: process
-- output: false
-- output: false
-- output: false
local t, s = {}, ("\0"):rep(1e6)
for i = 1, 200 do t[i] = s end
print((pcall(string.format, ("%s"):rep(200), unpack(t))))
print((pcall(string.format, ("%q"):rep(200), unpack(t))))
print((pcall(string.upper, (" "):rep(2 ^ 24))))
