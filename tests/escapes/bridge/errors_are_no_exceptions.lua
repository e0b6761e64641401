-- trick: catch an exception of the host's as a value, from every function there is
-- expect: ok
-- output: every error is text or a plain table
-- requests: GET /v3/organizations/*/sessions/devin-x
-- limits: calls=2000
local odd = {}
local give = {nil, true, 0 / 0, -1, "x", "\0\255", {}, print, json.null, app, coroutine.create(type)}
local function try(name, f)
  for i = 0, 11 do
    for j = 0, 11, 5 do
      local ok, e = pcall(f, give[i], give[j])
      if not ok and type(e) ~= "string" and (type(e) ~= "table" or type(rawget(e, "message")) ~= "string") then
        odd[#odd + 1] = name .. " raises a " .. type(e)
      end
    end
  end
end
local skip = {error = true, assert = true, print = true, dump = true, sleep = true, load = true, pcall = true, xpcall = true,
  rawset = true, setmetatable = true, select = true, each = true, parallel = true, wait_until = true}
for name, value in pairs(_G) do
  if type(value) == "function" and not skip[name] then try(name, value) end
  if type(value) == "table" and value ~= _G and name ~= "app" and name ~= "arg" and name ~= "args" then
    for key, f in pairs(value) do
      if type(f) == "function" then try(name .. "." .. key, f) end
    end
  end
end
for _, name in ipairs{"get_session", "send_message"} do
  try(name, function(a) return app.integrations.devin[name]{session_id = a} end)
end
print(#odd == 0 and "every error is text or a plain table" or table.concat(odd, "\n"))
