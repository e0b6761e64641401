-- parallel{f, g, ...}, parallel(list, f, {limit = n, settle = true}): tasks whose calls are in flight together.

local H = ...

local next, select, type, error, format = next, select, type, error, string.format

local LIMIT, MOST = 32, 256 -- tasks at a time, where nothing else is said and in any case
local DEEPEST = 16          -- parallels within one another
local LONGEST_ID = 200      -- characters

local AS_TASKS = "as in parallel{ function() return f(1) end, function() return g(2) end }"
local AS_LIST = "as in parallel(list, function(x) return f(x) end, { limit = 8 })"

local function invalid(message, hint)
  H.errors.invalid("parallel: " .. message, hint)
end

-- What was given in place of something else, in a few words.
local function kind(v)
  local what = type(v)
  if v == H.json.null then
    return "json.null"
  elseif what == "table" and H.readonly.is(v) then
    return "a namespace"
  end
  return what == "nil" and "nil" or "a " .. what
end

------------------------------------------------------------------------------------------------------------
-- What was given

local OTHER_NAMES = {
  concurrency = "limit", max = "limit", workers = "limit", threads = "limit", size = "limit", n = "limit", batch = "limit",
  max_concurrency = "limit", max_workers = "limit", concurrent = "limit", Limit = "limit", limits = "limit",
  all = "settle", settled = "settle", allSettled = "settle", all_settled = "settle", return_exceptions = "settle",
  safe = "settle", catch = "settle", setle = "settle", settles = "settle",
}

local function option(found, name, value)
  if name == "limit" then
    if type(value) ~= "number" or not (value >= 1 and value <= MOST) or value % 1 ~= 0 then
      local given = type(value) == "number" and format("%.14g", value) or kind(value)
      invalid(format("'limit' must be a whole number from 1 to %d, not %s", MOST, given))
    end
  elseif name == "settle" then
    if type(value) ~= "boolean" then
      invalid("'settle' must be true or false, not " .. kind(value))
    end
  else
    local meant = OTHER_NAMES[name]
    invalid("unknown option '" .. H.text.name_text(name) .. "'", meant and "write " .. meant or "known: limit, settle")
  end
  found[name] = value
end

-- The number of entries of a list without holes; names in it are options, where there may be some.
local function measured(list, options)
  local size, count = #list, 0
  for key, value in next, list do
    if type(key) == "number" then
      count = count + 1
    elseif options then
      option(options, key, value)
    else
      local field
      for name, inner in next, list do
        if type(name) == "string" and H.json.is_array(inner) and (not field or name < field) then
          field = name
        end
      end
      invalid("a list was expected, and this table has names", field and "the list is in its field: write x." .. field or AS_LIST)
    end
  end
  if count ~= size then
    invalid("the list has a hole: an entry in it is nil", "a call that gives nothing leaves one; json.null stands for nothing")
  end
  return size
end

local function check_function(v, i)
  if type(v) ~= "function" then
    invalid(
      format("entry %d is %s, and a function was expected", i, kind(v)),
      "a call in the braces is made before parallel: write function() return f(x) end"
    )
  end
end

-- The group that the arguments ask for.
local function asked_for(list, call, options, ...)
  local found = { limit = LIMIT, settle = false }
  if type(list) == "function" then
    if type(call) == "table" then
      invalid("the list comes first, then the function", AS_LIST)
    end
    invalid("one table of functions was expected, not a function", "write braces: parallel{ f, g }")
  elseif type(list) ~= "table" or H.readonly.is(list) then
    invalid("a table was expected, not " .. kind(list), AS_TASKS)
  elseif select("#", ...) > 0 then
    invalid("a list, a function and one table of options were expected, not more", AS_LIST)
  end
  local each = type(call) == "function"
  if not each and (options ~= nil or (call ~= nil and (type(call) ~= "table" or H.readonly.is(call)))) then
    invalid("a function was expected behind the list, not " .. kind(call), AS_LIST)
  elseif each and options ~= nil and (type(options) ~= "table" or H.readonly.is(options)) then
    invalid("options were expected as a table, not as " .. kind(options), AS_LIST)
  end
  local size = measured(list, not each and found or nil)
  if not each then
    options = call
  end
  for name, value in next, options or {} do
    option(found, name, value)
  end
  -- What the script does to its list meanwhile changes nothing.
  local copy = {}
  for i = 1, size do
    copy[i] = list[i]
    if not each then
      check_function(list[i], i)
    end
  end
  found.list, found.size, found.call = copy, size, each and call or nil
  -- A function of an integration would take the place of an item in its list for an argument.
  found.alone = each and H.namespace.calls[call] ~= nil
  return found
end

------------------------------------------------------------------------------------------------------------
-- Running it

local main = { id = "", depth = 0, groups = 0 }

local function parallel(...)
  local task = H.task or main
  if task.cancelled then
    H.tasks.refuse(task)
  end
  local group = asked_for(...)
  task.groups = task.groups + 1
  group.prefix = format("%s%d.", task.id == "" and "" or task.id .. "/", task.groups)
  group.depth = task.depth + 1
  if group.depth > DEEPEST or #group.prefix + #format("%d", group.size) > LONGEST_ID then
    invalid(format("more than %d within one another", DEEPEST))
  end
  local results = {}
  for i = 1, group.size do
    results[i] = false
  end
  group.results, group.live, group.open, group.started = results, {}, 0, 0
  if group.size > 0 then
    H.tasks.join(group)
  end
  if group.failed then
    H.errors.fell(group.problem, group.failed_in)
    error(group.problem, 0)
  elseif group.settle then
    for i = 1, group.size do
      if not results[i].ok then
        H.errors.fell(results[i].error)
      end
    end
  end
  return H.json.array(results)
end

return parallel
