-- trick: have Lua open a file as a chunk
-- expect: ok
-- output: nil	nil	nil	nil
-- output: nil	[string "/etc/passwd"]:1: unexpected symbol near '/'
-- output: nil
-- output: 7
print(dofile, loadfile, loadstring, module)
print(load("/etc/passwd"))
print((load("@/etc/passwd", "@/etc/passwd")))
print(load("return 7", "@/etc/passwd")())
