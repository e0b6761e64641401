-- trick: gsub's callback loops, and gsub's own pcall keeps the error
-- expect: limit_exceeded: cpu
-- limits: cpu=0.05
while true do
  pcall(string.gsub, "x", "x", function() while true do pcall(error) end end)
end
