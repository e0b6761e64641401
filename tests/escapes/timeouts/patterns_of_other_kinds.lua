-- trick: match, gsub, gmatch and %b over a long text: quadratic, and deaf to everything
-- expect: limit_exceeded: cpu
-- limits: cpu=0.05
-- modes: process
local text = ("("):rep(3e5)
pcall(string.match, text, ".-%b().-b")
pcall(string.gsub, text, ".-b", "")
for word in text:gmatch(".-b") do end
text:find("%b()")
