-- trick: LuaJIT's own global table is left full of spies, by the names that lupa and the host's files know
-- expect: ok
-- output: left
local spies = "debug = {traceback = function() return 'spoilt' end} print = debug.traceback type = print error = print _G = debug "
  .. "string = debug table = debug H = debug border = print pcall = print json = debug require = print python = debug jit = debug"
load(spies, "x", "t", nil)()
print("left")
