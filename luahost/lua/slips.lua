-- What is said of a slip that Lua lets pass: a notice tells its line, once, and the script goes on.

local H = ...

local next, type = next, type
local getmetatable = debug.getmetatable -- sees behind __metatable

local told = {} -- the lines that were told
if H.renew then
  H.renew[#H.renew + 1] = function() told = {} end
end

local function tell(slip)
  local _, line = H.errors.position()
  if line and not told[line] then
    told[line] = true
    slip.op, slip.line = "slip", line
    H.requests.ask(slip)
  end
end

-- `t` has no t[1], and ipairs is to go through it: says in which field there is a list, if one was decoded there.
local function no_list(t)
  if H.readonly.is(t) then
    return
  end
  local field
  for name, value in next, t do
    if type(name) == "string" and H.json.is_array(value) and (not field or name < field) then
      field = name
    end
  end
  if field then
    tell({ field = field })
  end
end

-- The table `t` is to be called by `name`, pcall or xpcall: what a call has given that was made to catch its errors.
local function no_function(t, name)
  local meta = getmetatable(t)
  if not (meta and meta.__call) then
    tell({ caught = name })
  end
end

return { no_list = no_list, no_function = no_function }
