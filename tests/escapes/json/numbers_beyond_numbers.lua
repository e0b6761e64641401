-- trick: decode numbers that are not, that overflow, or that C reads and JSON does not
-- expect: ok
-- output: refused	24
-- output: kept	12345678901234567890123456789	-0	0	0.1
-- output: digits	100000	string
-- output: encode	6
local refused = 0
for _, text in ipairs{
  "1e999", "-1e999", "1E400", "NaN", "nan", "Infinity", "-Infinity", "inf", "0x10", "01", "-01", "+1", "1.", ".5", "1e", "1e+", "--1", "1_0",
  "0b1", "1 2", "1,", "- 1", "1f", "0x1p4",
} do
  local ok, v = pcall(json.decode, text)
  if not ok then refused = refused + 1 else print(text, v) end
end
print("refused", refused)
local zero = json.decode("-0")
print("kept", json.decode("12345678901234567890123456789"), 1 / zero < 0 and "-0" or zero, json.decode("1e-999"), json.decode("0.1"))
local long = json.decode(("1"):rep(100000))
print("digits", #long, type(long))
refused = 0
for _, n in ipairs{1 / 0, -1 / 0, 0 / 0, {1, 0 / 0}, {a = 1 / 0}, {{{-1 / 0}}}} do
  if not pcall(json.encode, n) then refused = refused + 1 end
end
print("encode", refused)
