-- trick: docs.read with a megabyte as the page's name, which the error repeats and compares with what there is
-- expect: ok
-- limits: wall=3
-- output: invalid_arguments short
local _, e = pcall(docs.read, ("devin."):rep(2e5))
print(e.code .. " " .. (#e.message < 5000 and "short" or "long: " .. #e.message))
