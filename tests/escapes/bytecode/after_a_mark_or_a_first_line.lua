-- trick: a byte order mark, a line with #, blanks or a comment stand in front of real bytecode
-- expect: ok
-- output: loaded: 0
local code = ("1b4c4a020a2a020003000200043600000027020100420002014b0001001162797465636f64652072616e0a7072696e7400")
  :gsub("%x%x", function(hex) return string.char(tonumber(hex, 16)) end)
local loaded = 0
for _, before in ipairs{"\239\187\191", "#!lua\n", "#\n", "\239\187\191#\n", "\n", " ", "--\n", "\0", "#\r", "#", "\254\255", "\255\254"} do
  for _, mode in ipairs{"b", "t", "bt"} do
    local ok, f = pcall(load, before .. code, "x", mode)
    if ok and f and pcall(f) and before ~= "#" then
      loaded = loaded + 1
    end
  end
end
print("loaded: " .. loaded)
