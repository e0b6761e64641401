-- trick: give os.date and os.time what the C library may crash on, or read a locale or a file for
-- expect: ok
-- output: still here
local formats = {"%", "%E", "%O", "%Ey", "%Od", "%5Y", "%-d", "%^a", "%_H", "%10000d", "%N", "%+", "%P", "%v", "%!", "!", "*", "*t", "!*t",
  ("%c"):rep(1000), ("%"):rep(10001), "\0%c\0", "%\0"}
for _, format in ipairs(formats) do
  for _, time in ipairs{0, -1, 1e10, -1e10, 2 ^ 53, -2 ^ 53, 1e300, -1e300, 0 / 0, 1 / 0} do pcall(os.date, format, time) end
end
for _, field in ipairs{"year", "month", "day", "hour", "min", "sec"} do
  for _, value in ipairs{1e308, -1e308, 2 ^ 31, -2 ^ 31, 0 / 0, "x", "1e9", {}} do
    local t = {year = 2026, month = 1, day = 1}
    t[field] = value
    pcall(os.time, t)
  end
end
pcall(os.time, setmetatable({}, {__index = function() error("read") end}))
print("still here")
