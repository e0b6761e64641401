-- trick: the host's own decoder is kept busy with megabytes of brackets, numbers and escapes
-- expect: limit_exceeded: cpu
-- limits: cpu=0.05
-- modes: process, none
local text = "[" .. ("1,"):rep(1e5) .. '"' .. ("\\u00e9"):rep(1e4) .. '"]'
while true do
  pcall(json.decode, text)
  pcall(json.decode, text .. "]")
end
