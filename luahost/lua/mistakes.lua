-- What was meant by a script that Lua has stopped: from Lua's own message, and the line it was at.
-- A lesson is what is wrong, where it is sure, and what to write; the first lesson that there is counts.

local H = ...

local find, format, gsub, lower, match, sub = string.find, string.format, string.gsub, string.lower, string.match, string.sub
local ipairs, type, max = ipairs, type, math.max

local BACK = 300 -- lines above that are looked at for where a variable got its value

-- Of the failure that is being explained.
local code, raw, at, line
local instead -- what could stand for a value that is not there

------------------------------------------------------------------------------------------------------------
-- What the text tells

-- What stands before `.name` or `:name` on the line.
local function owner(name)
  return match(line, "([%a_][%w_]*)%s*[.:]%s*" .. name .. "%f[^%w_]")
end

-- The nearest line down to `at` that a pattern fits: what the pattern captures, and the line's number.
local function above(pattern)
  for up = at, max(at - BACK, 1), -1 do
    local first, second = match(code[up] or "", pattern)
    if first then
      return first, second, up
    end
  end
end

-- What the variable was last set to: without the words of its strings, and as written.
local function origin(name)
  local start, value, up = above("%f[%w_.:]" .. name .. "%s*=%s*()([^=].*)$")
  if start then
    value = match(value, "^(.-)%s*$")
    return value, sub(raw[up], start, start + #value - 1)
  end
end

-- The line on which the script says what function `name` is.
local function definition(name)
  for number, text in ipairs(code) do
    if find(text, "function%s+" .. name .. "%s*%(") or find(text, "%f[%w_.:]" .. name .. "%s*=%s*function%f[^%w_]") then
      return number
    end
  end
end

-- session_id for sessionId; nil for a name without capitals.
local function with_bars(name)
  local made = gsub(name, "(%l)(%u)", function(a, b) return a .. "_" .. lower(b) end)
  return made ~= name and made or nil
end

local function none(place)
  return "there is no " .. place
end

------------------------------------------------------------------------------------------------------------
-- Where something is nil

local QUOTE = [[write \" for it, or '...' around a text that has it]]
local VERBS = " create get list send update delete terminate archive wait append upload download "

local function is_verb(name)
  return find(VERBS, " " .. (match(name, "^(%l+)_%l") or "?") .. " ", 1, true)
end

local function missing_global(name, called)
  local absent = H.absent
  if name == "f" and called and find(raw[at] or "", "%f[%w_]f[\"']") then
    return 'Lua has no f"..."', 'write "hello " .. name, or string.format("%s: %d", text, number)'
  end
  if called and find(line, '"%s*"' .. name .. '"') then
    return "a quote inside of a text ends it", QUOTE
  end
  local member = match(line, "%f[%w_]" .. name .. "%s*[.:]%s*([%a_][%w_]*)")
  local full = member and name .. "." .. member
  local in_library = not called and full and absent.names[full]
  local write = in_library or absent[called and "called" or "names"][name]
  local below = definition(name)
  if below and called then
    if below <= at and find(code[below], "%f[%w_]local%s+" .. name .. "%s*=%s*function%f[^%w_]") then
      return name .. " is not known inside of itself", format("write local function %s(...) ... end", name)
    end
    return below > at and format("%s is set on line %d, below", name, below) or nil, "write a function above its first call"
  elseif write then
    return none(in_library and full or name), write
  elseif find(line, "%f[%w_]new%s+" .. name) then
    return "Lua has no new", "write a table: { name = value }"
  elseif called and is_verb(name) then
    return "functions of an integration are not globals", "write app.integrations.devin." .. name .. "{ ... }"
  elseif lower(name) ~= name and (absent.libraries[lower(name)] or lower(name) == "print") then
    return "names are in lower case", "write " .. lower(name)
  end
  return nil, format("%s was never set: write local %s = ... above, in the same or an outer block", name, name)
end

-- Whether the variable is a table of the script's own making.
local function is_own(name)
  local from = name and origin(name) or ""
  return find(from, "^{") or find(from, "^require%f[^%w_]") or find(from, "^setmetatable%f[^%w_]")
end

local function missing_member(name)
  local absent, from = H.absent, owner(name)
  local full = from and from .. "." .. name or name
  local write = absent.names[full] or absent.methods[name]
  if write then
    return none(full), write
  elseif from and absent.libraries[from] then
    return none(full), from .. " has " .. absent.libraries[from]
  elseif is_verb(name) and not is_own(from) then
    return "a result has no functions", format("write app.integrations.devin.%s{ ... }, with the id that it is for", name)
  end
  return nil, from and format("%s is not there: dump(%s) shows what is", full, from)
end

local function missing_method(name)
  local write = H.absent.methods[name]
  if write then
    local from = owner(name)
    return none(from and from .. ":" .. name or "method " .. name), write
  end
  return nil, "results are plain tables: write a field with a dot, and devin.wait_session{ session_id = s.session_id } to do"
    .. " something; text has " .. H.absent.libraries.string
end

-- A field that the table it is asked of does not have.
local function missing_field(name)
  local absent, from = H.absent, owner(name)
  if from == "args" then
    return format("args has no '%s'", name), format("run with --set %s=value, or write (args.%s or %s)", name, name, instead)
  end
  local full = from and from .. "." .. name or name
  local write = from and absent.names[full] or absent.fields[name]
  if not write and find(from or "", "^e") then
    write = absent.errors[name]
  end
  local maker = from and absent.wrappers[name] and match(origin(from) or "", "%f[%w_](%l+_[%w_]+)%s*[({]")
  if maker and is_verb(maker) and not find(maker, "^list_") then
    return none(full), format("%s gives the thing itself, without .%s: dump(%s) shows its fields", maker, name, from)
  elseif write then
    return none(full), write
  elseif with_bars(name) then
    return none(full), "write " .. with_bars(name) .. ": names have bars"
  end
  return nil, format("%s is nil: dump(%s) shows what is there, and (%s or %s) goes on without", full, from or "...", full, instead)
end

local FROM_1 = "lists begin at 1"
local NO_NUMBER, NUMBER = "tonumber gives nil for what is no number", "write tonumber(text) or 0"

-- A variable that has no value.
local function missing_variable(name)
  local from = origin(name)
  if name == "self" then
    return "self is what stands before the colon of a call", "write t:f() to call function t:f() ... end, not t.f()"
  elseif above("%f[%w_]for%s+[%w_]+%s*,%s*(" .. name .. ")%s+in%s+each%f[^%w_]") then
    return "each gives one value at a time", format("write for %s in each(...) do ... end", name)
  elseif not from then
    return nil, format("%s is nil here: set it before, or test it: if %s then ... end", name, name)
  elseif find(from, "^await%f[^%w_]") then
    return "Lua has no await", "leave it out: a call waits for its answer by itself"
  elseif find(from, "^%(?null%f[^%w_]") or find(from, "^None%f[^%w_]") then
    return nil, name .. " was set to nil: give it a value"
  elseif find(from, "match%s*%(") or find(from, "find%s*%(") then
    return "nothing matched", format("write if %s then ... end", name)
  elseif find(from, "tonumber%s*%(") then
    return NO_NUMBER, NUMBER
  elseif find(from, "%[%s*0%s*%]%s*;?$") then
    return FROM_1, "write " .. gsub(from, "%[%s*0%s*%]%s*;?$", "[1]")
  end
  local called = match(from, "^([%a_][%w_]*)%s*%(")
  local made = called and definition(called)
  if made then
    return format("%s came from %s, which gave nothing", name, called),
      format("end the function of line %d with return ...", made)
  end
  return nil, format("%s is nil here: test it: if %s then ... end", name, name)
end

-- What has no name in Lua's message: an entry of a list, or what a call gave.
local function missing_entry()
  local list, key = match(line, "([%a_][%w_]*)%s*%[%s*([%a_]?[%w_]*)")
  if find(line, "%[%s*0%s*%]") then
    return FROM_1, format("write %s[1]", list or "list")
  elseif list and find(key, "^%a") and above("%f[%w_]for%s+" .. key .. "%s*=%s*(0)%s*,") then
    return FROM_1, format("write for %s = 1, #%s do ... end", key, list)
  elseif list and find(origin(list) or "", "^[\"'].*[\"']$") then
    return "text has no places", format("write %s:sub(i, i) for one byte of it", list)
  elseif list == "args" then
    return "args has names, and no places",
      "write args.name, given by --set name=value; arg[1] is the first word after the script"
  elseif find(line, "list_%w+%s*%b()%s*%[") or (list and find(origin(list) or "", "list_[%w_]+%s*[({][^.]*$")) then
    return "a list's answer is no list itself", H.absent.fields.items
  end
  if find(line, "tonumber%s*%(") then
    return NO_NUMBER, NUMBER
  end
  if list then
    return nil, format("%s has no such entry: #%s counts what it has, and if x then ... end tests it", list, list)
  end
  return nil, "what stands there is nil: dump(...) shows what is, and if x then ... end tests it"
end

local function missing(scope, name)
  if scope == "global" then
    return missing_global(name)
  elseif scope == "field" then
    return missing_field(name)
  elseif scope then
    return missing_variable(name)
  end
  return missing_entry()
end

------------------------------------------------------------------------------------------------------------
-- Lua's messages

local NULL = "json.null is not nil"
local NULL_WRITE = "write if x ~= json.null then ... end; null in an object is nil, in a list json.null,"
  .. " as is what a task of parallel gives that has no return"
local PAIRS = "write for i, x in ipairs(list) do ... end, for name, value in pairs(t) do ... end"
local CALL_IT = "%s is the function itself"

local function call(scope, name, kind)
  if kind == "nil" then
    if scope == "global" then
      return missing_global(name, true)
    elseif scope == "method" then
      return missing_method(name)
    elseif scope == "field" then
      return missing_member(name)
    end
    return nil, "what is called there is nil: " .. (name and "set it above: function " .. name .. "() ... end" or "dump(...) shows it")
  elseif kind == "table" and find(line, "%f[%w_]for%f[^%w_].*%f[%w_]in%f[^%w_]") then
    local list = match(line, "%f[%w_]in%s+([%w_.]*list_[%w_]+)%s*[({]")
    return "for goes through what ipairs or pairs gives, not through a table",
      list and format("write for x in each(%s) do ... end", list) or PAIRS
  elseif name then
    return name .. " is no function", format("write %s without ( ) or { } to read it", name)
  end
  return "a " .. kind .. " is no function", "a line that begins with ( goes on with the one before: write ; between, or a variable"
end

local function index(scope, name, kind)
  local from, written
  if scope ~= "field" and name then
    from, written = origin(name)
  end
  if kind == "nil" then
    return missing(scope, name)
  elseif kind == "function" then
    return format(CALL_IT, name or "this"), format("write %s{ ... } or %s() to call it", name or "f", name or "f")
  elseif kind == "boolean" and from and find(from, "^x?pcall%f[^%w_]") then
    return "the first value of pcall says whether it went well", format("write local ok, %s = %s", name, written)
  elseif kind == "userdata" then
    return NULL, NULL_WRITE
  end
  local pairs_of = name and above("%f[%w_]for%s+" .. name .. "%s+in%s+(i?pairs)%f[^%w_]")
  if pairs_of then
    return pairs_of .. " gives two values, and the first is no entry",
      format("write for _, %s in %s(...) do ... end", name, pairs_of)
  end
  local member = name and match(line, "%f[%w_]" .. name .. "%s*[.:]%s*([%a_][%w_]*)")
  if member and H.absent.methods[member] then
    return none(name .. "." .. member), H.absent.methods[member]
  end
  return nil, format("%s is a %s, which has no fields: print(%s) shows it", name or "it", kind, name or "...")
end

local LIST_OR_FIELD = ', or table.concat(list, ", ") for a list of texts, or name the field that is meant'

local function concatenate(scope, name, kind)
  if kind == "nil" then
    return missing(scope, name)
  elseif kind == "userdata" then
    return NULL, NULL_WRITE
  elseif kind == "function" then
    return format(CALL_IT, name or "this"), format("write %s(...) to call it", name or "f")
  end
  return nil, format("write tostring(%s)%s", name or "x", kind == "table" and LIST_OR_FIELD or "")
end

local function arithmetic(scope, name, kind)
  if kind == "nil" then
    return missing(scope, name)
  elseif kind == "userdata" then
    return NULL, NULL_WRITE
  elseif kind ~= "string" then
    return nil, "a " .. kind .. " is no number"
  elseif find(line, "[\"']%s*%*") then
    return "* multiplies numbers, and repeats no text", 'write ("-"):rep(20)'
  elseif find(line, "[\"']%s*%%") then
    return "% reckons, and puts nothing into text", 'write string.format("%s: %d", text, number)'
  elseif find(line, "+", 1, true) then
    return "+ adds numbers, and joins no text", 'write "a" .. b; for a sum tonumber(text) + 1'
  end
  return nil, "write tonumber(text), where the text is a number"
end

local function length(scope, name, kind)
  if kind == "nil" then
    return missing(scope, name)
  end
  return nil, format("# is for text and lists, not for a %s", kind)
end

-- What Lua was doing; and what could stand for a value that is not there.
local OPERATIONS = {
  { "call", call }, { "index", index, "{}" }, { "concatenate", concatenate },
  { "perform arithmetic on", arithmetic, "0" }, { "get length of", length, "{}" },
}

local TIME = "write os.time{ year = 2025, month = 1, day = 31 } for a date, os.time() - 86400 for a day ago;"
  .. ' on v1 os.date("!%Y-%m-%dT%H:%M:%S", seconds)'

local function compare(a, b)
  local length_of = match(line, "([%a_][%w_.]*)%.length%f[^%w_]")
  if length_of and (a == "nil" or b == "nil") then
    return none(length_of .. ".length"), "write #" .. length_of
  elseif a == "nil" or b == "nil" then
    local from, field = match(line, "([%a_][%w_]*)%.([%a_][%w_]*)%s*[<>]")
    if not from then
      from, field = match(line, "[<>]=?%s*([%a_][%w_]*)%.([%a_][%w_]*)")
    end
    local one = from and from .. "." .. field
    return nil, one and format("if that is %s, dump(%s) shows what is there, and (%s or 0) goes on without", one, from, one)
      or "one of them is nil: write (x or 0)"
  elseif (a == "string") ~= (b == "string") and (find(line, "_at%f[^%w_]") or find(raw[at] or "", "%d%d%d%d%-%d%d")) then
    return "a time is a number on v3, the seconds since 1970, and text on v1", TIME
  elseif (a == "string" or b == "string") and find(line, "%f[%w_]args%.") then
    return "--set name=value gives text", "run with --set name:=5 for a number, or write tonumber(args.name)"
  elseif (a == "number" and b == "string") or (a == "string" and b == "number") then
    return nil, "write tonumber(text) < 10, and == only between two of a kind"
  elseif a == "userdata" or b == "userdata" then
    return NULL, NULL_WRITE
  end
  return nil, "compare fields that are numbers or text: a.created_at < b.created_at"
end

local function no_list(name, kind)
  local field = match(line, "[.]([%a_][%w_]*)%s*[),]")
  if kind == "nil" and field then
    return missing_field(field)
  elseif kind == "nil" or kind == "no value" then
    local variable = match(line, name .. "%s*%(%s*([%a_][%w_]*)%s*[),]")
    if variable and variable ~= "nil" then
      return missing_variable(variable)
    end
    return nil, "what stands there is nil: dump(...) shows what there is"
  elseif kind == "function" then
    return "the function itself was given, without calling it", format("write %s(f().items)", name)
  end
  return nil, format("%s is for tables, not for a %s", name, kind)
end

local FOR = "for counts to a number"
local PATTERN = "write % before ( ) . % + - * ? [ ^ $ to mean themselves, or text:find(part, 1, true)"

-- Messages of other forms: a pattern, and its lesson, or the function that gives it.
local MESSAGES = {
  { "^attempt to compare (%l+) with (%l+)", compare },
  { "^attempt to compare two (%l+) values", compare },
  { "^'for' (%l+) must be a number", function(what)
    local list = match(line, "%f[%w_]for%f[^%w_].*,%s*([%a_][%w_.]*)%s*do%f[^%w_]")
    if what == "limit" and list then
      return FOR, "write #" .. gsub(list, "%.length$", "") .. " for the length of a list, tonumber(text) for text"
    end
    return FOR, "write for i = 1, #list do ... end"
  end },
  { "^bad argument #1 to '(i?pairs)' %(table expected, got (.*)%)", no_list },
  { "^bad argument #1 to '(%l+)' %(table expected, got (.*)%)", function(name, kind)
    if name == "time" then
      return nil, "write os.time() for now, os.time{ year = 2025, month = 1, day = 31 } for a date"
    end
    return no_list(name, kind)
  end },
  { "^bad argument #2 to 'date' %(number expected",
    nil, 'write os.date("%Y-%m-%d", session.created_at); a time is a number of seconds since 1970' },
  { "^field '(%l+)' missing in date table",
    nil, "write os.time{ year = 2025, month = 1, day = 31 }; created_at is such a number already" },
  { "^bad argument #%d+ to 'format' %(number expected", nil, 'write %s for text, or tonumber(text)' },
  { "^bad argument #%d+ to 'format' %(", nil, "give one value for each % of the text; %% is a percent sign" },
  { "^bad argument #2 to 'insert' %(number expected",
    nil, "write table.insert(list, value), or table.insert(list, 1, value): the place comes before the value" },
  { "^wrong number of arguments to 'insert'", nil, "write table.insert(list, value)" },
  { "^invalid value %((.*)%) at index %d+ in table for 'concat'",
    "concat joins text and numbers only", "collect first: words[#words + 1] = session.title or session.session_id" },
  { "^bad argument #%d+ to '(%l+)' %(string expected, got (.*)%)", function(name, kind)
    local text = kind == "no value" and owner(name)
    if text and text ~= "string" then
      return "called with a dot", format("write %s:%s(), with a colon", text, name)
    end
    local write = kind == "nil" and "what was given to %s is nil: dump(...) shows what there is" or "write %s(tostring(x), ...)"
    return nil, format(write, name)
  end },
  { "^bad argument #%d+ to 'gsub' %(string/function/table expected",
    nil, 'what is put in is nil: write text:gsub(from, to or "")' },
  { "^unfinished capture", nil, PATTERN }, { "^invalid pattern capture", nil, PATTERN },
  { "^malformed pattern", nil, PATTERN },
  { "^table index is nil", nil, "what stands in [ ] is nil: give it a value before" },
  { "^invalid order function for sorting", nil, "write function(a, b) return a < b end, with < and not <=" },
}

local function lesson(message)
  local doing, scope, name, kind = match(message, "^attempt to (.-) (%l+) '([^']*)' %(an? (%l+) value%)$")
  if not doing then
    doing, kind = match(message, "^attempt to (.-) an? (%l+) value$")
  end
  if not name or find(name, "^[%a_][%w_]*$") then
    for _, operation in ipairs(OPERATIONS) do
      if operation[1] == doing then
        instead = operation[3] or instead
        return operation[2](scope, name, kind)
      end
    end
  end
  for _, rule in ipairs(MESSAGES) do
    local found, _, a, b = find(message, rule[1])
    if found then
      if type(rule[2]) == "function" then
        return rule[2](a, b)
      end
      return rule[2], rule[3]
    end
  end
end

-- Says in the fields of an error that Lua itself has raised what was meant; `source` is the text of its file, if known.
return function(fields, source)
  code, raw = H.code.read(source)
  fields.line = fields.line or H.code.only_tail_call(code)
  at = fields.line or 1
  line, instead = code[at] or "", '"none"'
  H.code.tell(fields, lesson(fields.message))
end
