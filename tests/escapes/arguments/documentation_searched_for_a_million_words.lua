-- trick: have the host search its documentation for a million words, in the thread that should watch the limits
-- expect: ok
-- limits: wall=3
-- output: quick	true
local started = os.time()
pcall(docs.search, ("get "):rep(1000000))
pcall(docs.search, ("get"):rep(1000000))
print("quick", os.time() - started <= 1)
