-- trick: require a file of the host's where the run has no folder of modules
-- expect: ok
-- output: false	false	false	false	false
-- output: true
print((pcall(require, "luahost")), (pcall(require, "boot")), (pcall(require, "main")), (pcall(require, "lua.main")), (pcall(require, "environment")))
print(require("json") == json)
