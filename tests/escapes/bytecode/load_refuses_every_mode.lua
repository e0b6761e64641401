-- trick: load real bytecode with every mode, and with modes that are none
-- expect: ok
-- output: loaded: 0
local code = ("1b4c4a020a2a020003000200043600000027020100420002014b0001001162797465636f64652072616e0a7072696e7400")
  :gsub("%x%x", function(hex) return string.char(tonumber(hex, 16)) end)
local loaded = 0
for _, mode in ipairs{"b", "t", "bt", "tb", "", "B", "x", "\0b", "binary", 5, false, {}, print} do
  for _, env in ipairs{_G, {}, false, "b"} do
    local ok, f = pcall(load, code, "name", mode, env)
    local ok2, f2 = pcall(load, code, "name", mode)
    if ok and f or ok2 and f2 then
      loaded = loaded + 1
      pcall(f or f2)
    end
  end
end
print("loaded: " .. loaded + (load(code) and 1 or 0))
