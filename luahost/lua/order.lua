-- The order in which a table is walked, where it must be the same in every process: LuaJIT draws the places of names at
-- random in each, and a run that is made again has to do what it did.

local next, type, rawget = next, type, rawget
local sort = table.sort

local STEADY = { number = true, boolean = true } -- keys whose places are the same everywhere

-- Whether the order of `t` may be another one elsewhere: it has a name, and another key behind its list.
local function is_unsteady(t)
  local size = #t
  local others, unsteady = 0, false
  local key = next(t, size > 0 and size or nil)
  while key ~= nil do
    others, unsteady = others + 1, unsteady or not STEADY[type(key)]
    if others > 1 and unsteady then
      return true
    end
    key = next(t, key)
  end
  return false
end

-- The keys of `t`: numbers, names, true and false, each in their order, and then what has none. `exact` says that there
-- is nothing of the last kind.
local function keys_of(t)
  local numbers, names, rest = {}, {}, {}
  for key in next, t do
    local kind = type(key)
    local list = kind == "number" and numbers or kind == "string" and names or rest
    list[#list + 1] = key
  end
  sort(numbers)
  sort(names)
  local keys, exact = numbers, true
  for i = 1, #names do
    keys[#keys + 1] = names[i]
  end
  for _, flag in next, { true, false } do
    if rawget(t, flag) ~= nil then
      keys[#keys + 1] = flag
    end
  end
  for i = 1, #rest do
    if type(rest[i]) ~= "boolean" then
      keys[#keys + 1], exact = rest[i], false
    end
  end
  return keys, exact
end

-- An iterator over `t` like the one of pairs, in that order; what is taken out on the way does not come. nil where
-- Lua's own order will do.
local function walk(t)
  if type(t) ~= "table" or not is_unsteady(t) then
    return nil
  end
  local keys, exact = keys_of(t)
  local at = 0
  return function()
    while true do
      at = at + 1
      local key = keys[at]
      if key == nil then
        return nil
      end
      local value = rawget(t, key)
      if value ~= nil then
        return key, value
      end
    end
  end, exact
end

return { is_unsteady = is_unsteady, walk = walk }
