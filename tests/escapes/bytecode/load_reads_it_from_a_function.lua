-- trick: a reader function returns real bytecode whole, in pieces of one byte, and after pieces of other kinds
-- expect: ok
-- output: loaded: 0
local code = ("1b4c4a020a2a020003000200043600000027020100420002014b0001001162797465636f64652072616e0a7072696e7400")
  :gsub("%x%x", function(hex) return string.char(tonumber(hex, 16)) end)
local loaded = 0
local function try(...)
  local pieces, n = {...}, 0
  for _, mode in ipairs{"b", "t", "bt", ""} do
    n = 0
    local ok, f = pcall(load, function() n = n + 1 return pieces[n] end, "x", mode)
    if ok and f then
      loaded = loaded + 1
      pcall(f)
    end
  end
end
try(code)
try(code:sub(1, 1), code:sub(2))
try(code:sub(1, 3), code:sub(4))
local bytes = {}
for i = 1, #code do bytes[i] = code:sub(i, i) end
try(unpack(bytes))
try("\239\187\191", code)
try("\239", "\187", "\191", code)
try("#!lua\n", code)
try("#", "\n", code)
print("loaded: " .. loaded)
