-- trick: plant debug.traceback, which lupa calls on errors, in the true globals behind the script's environment
-- expect: script_error: plain
-- line: 13
-- output: planted
local plant = load([[
  debug = {traceback = function() print("called") return "hijacked" end}
  print, error, tostring, select, type, unpack, jit = nil, nil, nil, nil, nil, nil, nil
]], "plant", "t", nil)
plant()
pcall(error, "x")
print("planted")
pcall(app.integrations.devin.get_session, {})
error("plain")
