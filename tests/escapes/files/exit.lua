-- trick: end the process, or the host's, from the script
-- expect: script_error
-- line: 7
-- output: nil	nil
print(os.exit, quit)
pcall(function() os.exit(0, true) end)
os.exit(0)
