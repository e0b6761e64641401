-- trick: gsub replaces each character by a megabyte, from a string, a table and a function
-- expect: ok
-- limits: memory_mib=32
-- modes: process, reuse
-- output: false false false
local s, by = ("x"):rep(1000), ("y"):rep(1e6)
local a = pcall(string.gsub, s, "x", by)
local b = pcall(string.gsub, s, "x", {x = by})
local c = pcall(string.gsub, s, "x", function() return by end)
print(tostring(a) .. " " .. tostring(b) .. " " .. tostring(c))
