-- Read-only tables: an empty table in the script's hands, and behind it one that is not.
-- What the script holds has nothing to overwrite, so rawset, table.insert and the like are refused by name.

local H = ...

local type, next, setmetatable = type, next, setmetatable

local members = {} -- of each: what pairs, next and dump list, or a function that makes it

local function is(v)
  return members[v] ~= nil
end

local function listing(v)
  local found = members[v]
  if type(found) == "function" then
    found = found()
    members[v] = found
  end
  return found
end

local KEEP_OWN = "keep your own values in a local variable"

-- A table called `name` in errors that lists `list` and reads through `index`, a table or a function of the key.
local function make(name, list, index)
  local proxy = {}
  members[proxy] = list
  return setmetatable(proxy, {
    __metatable = false,
    __index = index,
    __newindex = function(_, key)
      H.errors.invalid(name .. " is read-only: '" .. H.text.name_text(key) .. "' cannot be set", KEEP_OWN)
    end,
    __call = function()
      H.errors.invalid(name .. " is a namespace, not a function", "call one of its functions, as in " .. name .. ".FUNCTION{...}")
    end,
  })
end

-- Refuses to write into a read-only table by another way than an assignment.
local function refuse(t, key)
  if members[t] then
    t[key] = nil -- its own refusal says why
  end
end

return { make = make, is = is, listing = listing, refuse = refuse }
