-- trick: write out every value there is, and every answer that tells of the account
-- expect: ok
-- output-contains: Ada Lovelace
-- output-contains: get_session
-- requests: GET /v3/self
-- requests: GET /v3beta1/organizations/*/members/users/*
-- requests: GET /v3/organizations/*/sessions?first=200
dump(_G)
dump(app)
dump(app.integrations)
dump(app.integrations.devin)
for name, value in pairs(app.integrations.devin) do print(name, value, tostring(value), type(value)) end
for _, account in ipairs{"default", "work", "personal"} do
  dump(app.integrations.devin[account])
  dump(app.integrations.devin[account].get_current_user())
end
app.integrations.devin.list_sessions()
for _, page in ipairs(docs.list()) do dump(page) end
print(docs.read("devin"), docs.read("devin.create_session"))
dump(docs.search("key"))
dump(docs.search("api_key credential token"))
print(args, arg, arg[0], arg[-1], ...)
