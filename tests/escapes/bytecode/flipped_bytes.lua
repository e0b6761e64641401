-- trick: hundreds of variants of real bytecode, one byte changed in each, which crash LuaJIT when they run
-- expect: ok
-- output: loaded: 0
local hex = "1b4c4a020a2a020003000200043600000027020100420002014b0001001162797465636f64652072616e0a7072696e7400"
local code = hex:gsub("%x%x", function(h) return string.char(tonumber(h, 16)) end)
local loaded = 0
for i = 2, #code do
  for _, add in ipairs{1, 7, 64, 128, 255} do
    local c = string.char((code:byte(i) + add) % 256)
    local f = load(code:sub(1, i - 1) .. c .. code:sub(i + 1), "x", "bt")
    if f then
      loaded = loaded + 1
      pcall(f)
    end
  end
end
print("loaded: " .. loaded)
