-- trick: every byte there is, control characters and terminal sequences; the host keeps them apart from its own text
-- expect: ok
-- output-contains: end
local bytes = {}
for i = 0, 255 do bytes[#bytes + 1] = string.char(i) end
local all = table.concat(bytes)
print(all)
dump(all)
print("\27]0;title\7\27[2J\r\n\0\239\191\191\237\160\128")
pcall(error, all)
print("end")
