-- trick: C functions and metamethods call load with the bytecode as its argument
-- expect: ok
-- output: bytecode did not run
local code = ("1b4c4a020a2a020003000200043600000027020100420002014b0001001162797465636f64652072616e0a7072696e7400")
  :gsub("%x%x", function(hex) return string.char(tonumber(hex, 16)) end)
local made = {}
local function keep(ok, f)
  if ok and type(f) == "function" then made[#made + 1] = f end
end
pcall(string.gsub, code, "^.*$", load)
pcall(table.sort, {code, code}, load)
keep(pcall(coroutine.wrap(load), code, "x", "b"))
keep(select(2, pcall(xpcall, load, load, code, "x", "b")))
keep(pcall(function() return setmetatable({}, {__index = load})[code] end))
keep(pcall(function() return setmetatable({}, {__call = load})(code) end))
keep(pcall(function() return setmetatable({}, {__concat = load}) .. code end))
keep(pcall(function() return code .. setmetatable({}, {__concat = load}) end))
keep(pcall(tostring, setmetatable({}, {__tostring = load})))
keep(pcall(select, 2, coroutine.resume(coroutine.create(load), code, "x", "b")))
for _, f in ipairs(made) do
  pcall(f)
end
print("bytecode did not run")
