-- Mistakes: behind each line stands who has to find it there. Accounts: default, work and personal.
local devin = app.integrations.devin
local session = devin.create_session({ prompt = "x" })
print(session.status)

devin.start_session({ prompt = "x" }) -- check luacheck luals
devin.work.creat_session({ prompt = "x" }) -- check luacheck luals
devin.staging.list_sessions() -- check luacheck luals
app.integrations.devon.list_sessions() -- check luacheck luals
app.devin.list_sessions() -- check luacheck luals
devin.create_session({ title = "x" }) -- check luals
devin.create_session({ prompt = "x", promt = "x" }) -- check
devin.create_session({ prompt = "x", tags = "a" }) -- check luals
devin.create_session({ prompt = "x", max_acu_limit = "3" }) -- check luals
devin.create_session({ prompt = "x", devin_mode = "fats" }) -- check luals
devin.get_session(5) -- check luals
devin.get_session() -- check luals
devin.get_session("a", "b") -- check luals
devin:get_session("a") -- check luals
io.write("x") -- check luacheck luals
os.execute("ls") -- check luacheck luals
print(os.getenv("HOME")) -- check luacheck luals
string.dump(print) -- check luacheck luals
json.parse("{}") -- check luacheck luals
math.round(1.5) -- check luacheck luals
collectgarbage() -- check luacheck luals
loadstring("return 1") -- check luacheck luals
debug.traceback() -- check luacheck luals
helper() -- check luacheck luals
sleep("5") -- check luals
wait_until({ timeout = 5 }) -- check luals
for _, each_one in ipairs(devin.list_sessions()) do -- check
  print(each_one)
end
for one in each(devin.get_session("a")) do -- check luals
  print(one)
end
if json.null then -- check
  print("never")
end
