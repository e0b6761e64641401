-- trick: empty the environment, then print, and fail in a function of the host's
-- expect: invalid_arguments: sleep
-- output: {n = 1}
local say, each, wait, g = print, next, sleep, _G
for name in each, g do
  g[name] = nil
end
say({n = 1})
wait(-1)
