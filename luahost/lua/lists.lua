-- each(f, args): all entries of a list, page by page, in a for loop. While a page is read the next is on its way: no more
-- than two are held.

local H = ...

local type, format = type, string.format

local function more(page)
  return page.walk and H.requests.send("each", format('{"op":"more","walk":%d}', page.walk))
end

local function each(f, args)
  local called = H.namespace.calls[f]
  if not called then
    H.errors.invalid(
      "each: a function that lists was expected, not " .. H.text.safe_text(f),
      "as in each(app.integrations.devin.list_sessions, { tags = {...} })"
    )
  elseif args ~= nil and (type(args) ~= "table" or H.readonly.is(args)) then
    H.errors.invalid("each: the list's arguments were expected as a table, not as a " .. type(args))
  end
  local page = called(args or {})
  local entries, at, pending = page.entries, 0, more(page)
  return function()
    at = at + 1
    while at > #entries do
      if not pending then
        return nil
      end
      local asked = pending
      pending = nil
      local page = H.requests.take(asked)
      entries, at, pending = page.entries, 1, more(page)
    end
    return entries[at]
  end
end

return each
