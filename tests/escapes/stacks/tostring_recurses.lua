-- trick: __tostring turns its own table, or one that holds it, into text
-- expect: ok
-- output: false false false <cycle>
local own = setmetatable({}, {__tostring = function(t) return tostring(t) end})
local within = setmetatable({}, {__tostring = function(t) return tostring({t}) end})
local format = setmetatable({}, {__tostring = function(t) return ("%s"):format(t) end})
local cycle = {}
cycle[1] = cycle
print(tostring((pcall(tostring, own))) .. " " .. tostring((pcall(dump, within))) .. " " .. tostring((pcall(print, format)))
  .. " " .. tostring(cycle):sub(2, -2))
