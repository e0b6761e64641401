-- trick: use lupa's door into the host's interpreter, by its name, from another environment, as a module
-- expect: ok
-- output: nil	nil	nil
-- output: nil	nil
-- output: false	false	false
-- output: false	nil
print(python, rawget(_G, "python"), lupa)
print(load("return python, _G", "n", "t", nil)())
print((pcall(require, "python")), (pcall(require, "lupa")), (pcall(require, "builtins")))
print((pcall(load("return python.eval('1')"))), (load("\27LJ")))
