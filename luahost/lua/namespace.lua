-- app.integrations.<name>[.<account>].<function>: closed, read-only tables made from the host's catalogue.
-- A function is a closure that knows a name and an account; no Python object is ever seen here.

local H = ...

local next, select, setmetatable, type, find = next, select, setmetatable, type, string.find

-- A read-only table that answers `index(key)` for every key.
local function namespace(name, list, index)
  return H.readonly.make(name, list, function(_, key) return index(key) end)
end

local calls = setmetatable({}, { __mode = "k" }) -- of each function below: its call as a walk along a list

-- One function of an integration; without an account, the run's own is used. Names need no escapes: the host's
-- catalogue has letters, digits and _ only. `bytes` says that it takes some.
local function host_function(name, account, bytes)
  local head = '{"op":"call","function":"' .. name .. '",' .. (account and '"account":"' .. account .. '",' or "")
  local function f(...)
    local n, first = select("#", ...), (...)
    while n > 0 and (select(n, ...)) == nil do
      n = n - 1 -- nil at the end is as good as nothing
    end
    if n >= 1 and H.readonly.is(first) then
      H.errors.invalid(name .. " was called with a colon", "write a dot: app.integrations." .. name .. "{...}")
    elseif n == 0 then
      return (H.requests.call(head, name, account, '"arguments":', {}))
    elseif n == 1 and type(first) == "table" then
      return (H.requests.call(head, name, account, '"arguments":', first, bytes))
    end
    local values = {}
    for i = 1, n do
      local v = select(i, ...)
      if v == nil then
        v = H.json.null
      end
      values[i] = v
    end
    return (H.requests.call(head, name, account, '"positional":', H.json.array(values), bytes))
  end
  calls[f] = function(args)
    return H.requests.call(head .. '"walk":true,', name, account, '"arguments":', args)
  end
  return f
end

-- The functions of one account, each made when it is first used.
local function functions(integration, account, known)
  local made = {}
  local function get(key)
    local f = made[key]
    if not f and known[key] then
      f = host_function(integration .. "." .. key, account, known[key] == "bytes")
      made[key] = f
    end
    return f
  end
  local function all()
    for key in next, known do
      get(key)
    end
    return made
  end
  return get, all
end

local function unknown(integration, account, key)
  H.requests.ask({ op = "unknown", integration = integration, account = account, name = H.text.name_text(key) })
end

local function integration(name, spec)
  local known = {}
  for _, key in next, spec.functions do
    known[key] = true
  end
  for _, key in next, spec.bytes do
    known[key] = "bytes"
  end
  local accounts = {}
  for _, key in next, spec.accounts do
    accounts[key] = true
  end
  local full = "app.integrations." .. name
  local get, all = functions(name, nil, known)
  local made = {}
  return namespace(full, all, function(key)
    local f = get(key)
    if f then
      return f
    end
    local account = made[key]
    if not account and accounts[key] then
      local get_on, all_on = functions(name, key, known)
      account = namespace(full .. "." .. key, all_on, function(k)
        return get_on(k) or unknown(name, key, k)
      end)
      made[key] = account
    end
    return account or unknown(name, nil, key)
  end)
end

-- The catalogue is asked for when a script first looks: one that makes no call costs nothing.
local function integrations()
  local made
  local function all()
    if not made then
      local all = {} -- in place only when it is complete: memory or the stack may end on the way
      for name, spec in next, H.requests.ask({ op = "describe" }) do
        all[name] = integration(name, spec)
      end
      made = all
    end
    return made
  end
  return namespace("app.integrations", all, function(key)
    return all()[key] or unknown(H.text.name_text(key), nil, "")
  end)
end

-- What lies in app.
local members

local function app()
  members = members or { integrations = integrations() }
  return members
end

local function in_app(key)
  return app()[key] or H.errors.raise({
    code = "unknown_integration",
    message = "app has no '" .. H.text.name_text(key) .. "'",
    hint = "write app.integrations." .. (find(H.text.name_text(key), "^[iI]nteg") and "devin" or H.text.name_text(key)),
  })
end

return { app = app, in_app = in_app, calls = calls }
