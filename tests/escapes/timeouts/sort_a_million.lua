-- trick: sorting what is built to be worst for quicksort, with and without a comparator
-- expect: limit_exceeded: cpu
-- limits: cpu=0.05
-- modes: process
while true do
  local t = {}
  for i = 1, 4e5 do t[i] = i % 2 == 0 and i or -i end
  table.sort(t)
  table.sort(t, function(a, b) return a > b end)
end
