-- trick: bytecode that came through args, json.decode and an error's message is loaded
-- expect: ok
-- args: {"code": "\u001bLJ\u0002\nx", "lua": "\u001bLua"}
-- output: nil nil nil nil
local decoded = json.decode('"\\u001bLJ\\u0002\\n*"')
local _, e = pcall(docs.read, "\27LJ\2")
local rest = tostring(e.message):match("\27.*") or "\27"
print(tostring(load(args.code)) .. " " .. tostring(load(args.lua, "x", "b")) .. " " .. tostring(load(decoded, "x", "b"))
  .. " " .. tostring(load(rest, "x", "b")))
