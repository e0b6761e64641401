-- trick: a module's table is changed, and the module is left in require's cache
-- expect: ok
-- modules: yes
-- output: left
local inside = require("inside")
inside.name, inside.globals.left = "left", "left"
require("sub.deep")
print("left")
