-- trick: table.sort's comparator loops, and catches what would stop it
-- expect: limit_exceeded: cpu
-- limits: cpu=0.05
while true do
  pcall(table.sort, {3, 2, 1}, function() while true do pcall(error) end end)
end
