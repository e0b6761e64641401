-- each(f, args): all entries of a list, page by page, in a for loop. The host fetches the next page while one is read.

local H = ...

local type = type

local function each(f, args)
  local called = H.namespace.calls[f]
  if not called then
    H.errors.invalid(
      "each: a function that lists was expected, not " .. H.text.safe_text(f),
      "as in each(app.integrations.devin.list_sessions, { tags = {...} })"
    )
  elseif args ~= nil and (type(args) ~= "table" or H.readonly.is(args)) then
    H.errors.invalid("each: the list's arguments were expected as a table, not as a " .. (type(args) == "table" and "namespace" or type(args)))
  end
  local page = called(args or {})
  local entries, at, walk = page.entries, 0, page.walk
  return function()
    at = at + 1
    while at > #entries do
      if not walk then
        return nil
      end
      local asked = walk
      walk = nil
      local page = H.requests.ask({ op = "more", walk = asked })
      entries, at, walk = page.entries, 1, page.walk
    end
    return entries[at]
  end
end

return each
