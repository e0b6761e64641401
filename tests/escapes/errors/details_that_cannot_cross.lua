-- trick: give an error details that contain themselves, functions, numbers that are none, and great depth
-- expect: script_error: kept
-- output: 5 caught
local cycle = {}
cycle.cycle = cycle
local deep = {}
for i = 1, 5000 do deep = {deep} end
local n = 0
for _, details in ipairs{cycle, deep, {print}, {0 / 0}, {["\255"] = "\255"}} do
  if not pcall(error, {message = "m", details = details}) then n = n + 1 end
end
print(n .. " caught")
error({message = "kept", details = {cycle, deep, print, 1 / 0, "\255"}, hint = {}, status = "x", retryable = "yes", line = "7", file = 1})
