-- trick: the reader's first piece is empty, which ends the text, and its second is bytecode
-- expect: ok
-- output: bytecode did not run
local code = ("1b4c4a020a2a020003000200043600000027020100420002014b0001001162797465636f64652072616e0a7072696e7400")
  :gsub("%x%x", function(hex) return string.char(tonumber(hex, 16)) end)
local pieces, n = {"", code, code}, 0
for _, mode in ipairs{"b", "t", "bt"} do
  n = 0
  local ok, f = pcall(load, function() n = n + 1 return pieces[n] end, "x", mode)
  if ok and f then
    f()
  end
end
print("bytecode did not run")
