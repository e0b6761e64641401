-- trick: sleep(0), thousands of times
-- expect: ok
-- limits: wall=20
-- output: awake
for _ = 1, 2000 do sleep(0) end
print("awake")
