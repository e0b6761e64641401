-- trick: make string.format, or a method of strings or of errors, show an address or read beyond its arguments
-- expect: ok
-- output: 0 leaks
local _, e = pcall(app.integrations.devin.get_session, {})
local leaks = 0
local values = {"x", 1, {}, print, json.null, app, coroutine.create(print), app.integrations.devin.get_session, e}
local methods = {string.format, ("").format, e.format}
for _, f in ipairs(methods) do
  for _, directive in ipairs{"%p", "%s", "%q", "%x", "%n", "%a", "%10p", "%s%s%s%s", "%99.99s", "%*d", "%ll", "%"} do
    for _, value in ipairs(values) do
      local ok, text = pcall(f, directive, value)
      if type(text) ~= "string" then text = tostring(text) end
      if text:find("0x%x%x%x%x%x%x") or text:find(": %x%x%x%x%x%x") then
        leaks = leaks + 1
        if leaks < 6 then print(directive, type(value), (text:gsub("%x%x%x%x", "*"))) end
      end
    end
  end
end
print(leaks .. " leaks")
