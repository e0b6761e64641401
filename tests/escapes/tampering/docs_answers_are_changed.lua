-- trick: change what docs.list and docs.search gave, and find the change in the next answer
-- expect: ok
-- output: unchanged
local first = docs.list()
local n, call = #first, first[1].call
for i = 1, n do
  first[i].call, first[i].summary = "spoilt", "spoilt"
  first[i + n] = first[i]
end
local found = docs.search("session")
found[1].call = "spoilt"
local again = docs.list()
print(#again == n and again[1].call == call and docs.search("session")[1].call ~= "spoilt" and "unchanged" or "changed")
