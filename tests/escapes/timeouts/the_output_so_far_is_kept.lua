-- trick: a script that is killed takes with it what it had printed
-- expect: limit_exceeded: cpu
-- output: kept
-- limits: cpu=0.1
print("kept")
while true do end
