-- trick: learn from inside a module what the script may not know: its globals, its environment, its words
-- expect: ok
-- modules: yes
-- output: inside	true	true	nil
-- output: loaded
-- output: false	true	true
local inside = require("inside")
print(inside.name, inside.globals == _G, require("inside") == inside, inside.globals.package)
local ok, e = pcall(require, "prints")
print(ok, tostring(e):find("in the module", 1, true) ~= nil, (tostring(e):find("luahost", 1, true)) == nil)
