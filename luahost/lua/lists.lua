-- each(f, args): all entries of a list, page by page, in a for loop. The host fetches the next page while one is read.

local H = ...

local select, type = select, type

local AS_IN = "as in each(app.integrations.devin.list_sessions, { tags = {...} })"

-- What was given in place of a function of a list, in a few words.
local function kind(v)
  local what = type(v)
  if v == H.json.null then
    return "json.null"
  elseif what == "table" then
    return H.readonly.is(v) and "a namespace" or "a table: name the function itself, without calling it"
  elseif what == "function" then
    return "another function"
  end
  return what == "nil" and "nil" or "a " .. what
end

-- The entries of a page; `answer` is what the API sent, where the host need not have looked into it.
local function entries_of(page, answer)
  local entries = page.entries
  if page.field then
    entries = type(answer) == "table" and answer[page.field]
  end
  if not H.json.is_array(entries) then
    H.errors.raise({
      code = "invalid_response",
      message = "the answer has no list " .. H.text.name_text(page.field or "entries"),
      details = { answer = answer, field = page.field },
      retryable = false,
    })
  end
  return entries
end

local function each(f, args, ...)
  local called = H.namespace.calls[f]
  if not called then
    H.errors.invalid("each: a function that lists was expected, not " .. kind(f), AS_IN)
  elseif args ~= nil and (type(args) ~= "table" or H.readonly.is(args)) then
    H.errors.invalid("each: the list's arguments were expected as a table, not as " .. kind(args), AS_IN)
  elseif select("#", ...) > 0 then
    H.errors.invalid("each: a function and one table of arguments were expected, not more", AS_IN)
  end
  local page, answer = called(args or {})
  local entries, at, walk = entries_of(page, answer), 0, page.walk
  local reader = false -- the task that waits for the next page
  local chunk = H.chunk
  return function()
    if reader and reader ~= H.task then
      H.errors.invalid("each: another task waits for the next page of this walk", "collect the entries first, then parallel(list, f)")
    end
    at = at + 1
    while at > #entries do
      if not walk then
        return nil
      elseif chunk ~= H.chunk then
        H.errors.invalid("each: this walk ended with the chunk that it began in", "begin it anew, or collect the entries first")
      end
      local asked = walk
      walk, reader = nil, H.task
      local page, answer = H.requests.ask({ op = "more", walk = asked })
      reader = false
      entries, at, walk = entries_of(page, answer), 1, page.walk
    end
    return entries[at]
  end
end

return { each = each }
