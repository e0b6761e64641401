-- trick: make the reader or the writer take more than its time for long texts
-- expect: ok
-- limits: cpu=3
-- output: 1000000	3000002	1000000	0	1	false	false
local quotes = ('"'):rep(1000000)
local text = json.encode(quotes .. "\n")
local n = #json.encode(("\1"):rep(500000)) + 0
print(#json.decode('"' .. ('\\"'):rep(1000000) .. '"'), n, #quotes, #json.decode("[" .. (" "):rep(1000000) .. "]"),
  json.decode((" "):rep(1000000) .. "1"), (pcall(json.decode, '"' .. ("\\"):rep(1000001))), (pcall(json.decode, (" "):rep(1000000))))
