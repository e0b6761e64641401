-- trick: a hundred thousand errors of every kind are raised and caught
-- expect: ok
-- output: 100000
local n = 0
for i = 1, 2e4 do
  n = n + (pcall(error, {code = "x", message = "y"}) and 0 or 1)
  n = n + (pcall(error, "x", 2) and 0 or 1)
  n = n + (pcall(sleep, -1) and 0 or 1)
  n = n + (pcall(json.decode, "[") and 0 or 1)
  n = n + (pcall(function() string.x = 1 end) and 0 or 1)
end
print(string.format("%d", n))
