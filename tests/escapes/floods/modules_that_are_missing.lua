-- trick: a thousand modules that are not there
-- expect: ok
-- modules: yes
-- output: 1000
local n = 0
for i = 1, 1000 do
  n = n + (pcall(require, "sub.missing" .. i) and 0 or 1)
end
print(n)
