-- trick: find the library io, where Lua and LuaJIT keep it
-- expect: ok
-- output: nil	nil	nil	nil
-- output: nil	nil	nil
-- output: false	false	false
print(io, rawget(_G, "io"), package, load("return io", "n", "t", nil)())
print(_G._LOADED, _G.package, (getmetatable("") or {}).io)
print((pcall(require, "io")), (pcall(require, "package")), (pcall(require, "_G")))
