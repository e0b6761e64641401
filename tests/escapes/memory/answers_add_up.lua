-- trick: the answers of hundreds of calls and pages of documentation are all kept
-- expect: limit_exceeded
-- limits: memory_mib=16, cpu=5
-- modes: process
local keep = {}
while true do
  for i = 1, 100 do
    keep[#keep + 1] = docs.read("devin") .. #keep
  end
end
