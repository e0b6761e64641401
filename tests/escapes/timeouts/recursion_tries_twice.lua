-- trick: each level of a deep recursion tries again when the one below has failed: 2^200 calls
-- expect: limit_exceeded: cpu
-- limits: cpu=0.05
local function f(n)
  pcall(f, n + 1)
  pcall(f, n + 1)
end
f(1)
