-- trick: args and arg are changed and kept
-- expect: ok
-- args: {"secret": "s", "list": [1]}
-- output: left
args.left, arg.left, args.list.left, arg[0], arg[-1] = "left", "left", "left", "left", "left"
setmetatable(args, {__index = function() return "left" end})
print("left")
