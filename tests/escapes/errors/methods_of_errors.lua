-- trick: use the string methods of errors to reach functions that scripts do not get, or an address
-- expect: ok
-- output: byte find format gmatch gsub len lower match rep reverse sub upper
-- output: false	true
-- output: no address
local _, e = pcall(app.integrations.devin.get_session, {})
local names = {}
for _, name in ipairs{"byte", "char", "dump", "find", "format", "gfind", "gmatch", "gsub", "len", "lower", "match", "rep", "reverse", "split",
  "sub", "upper", "__index", "encode", "buffer"} do
  if e[name] ~= nil and name ~= "char" then names[#names + 1] = name end
end
print(table.concat(names, " "))
print((pcall(e.rep, e, 1e9)), (pcall(e.find, e, "x", 1, true)))
local f = e.format
local text = f("%s %s %s", print, coroutine.create(print), json.null)
print(text:find("0x") and "address" or "no address")
