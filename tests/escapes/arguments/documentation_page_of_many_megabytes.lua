-- trick: have the host compare a page's name of many megabytes with those that it knows
-- expect: ok
-- limits: wall=3
-- output: short	true
local started = os.time()
local _, e = pcall(docs.read, ("devin.get"):rep(800000))
print(#tostring(e) < 1000 and "short" or #tostring(e), os.time() - started <= 1)
