-- What was meant by a text that Lua cannot compile: words of other languages, and Lua's own left out.

local H = ...

local ipairs, type, max = ipairs, type, math.max
local find, match, sub, format = string.find, string.match, string.sub, string.format

local BACK = 60 -- lines above the complaint that are looked at

------------------------------------------------------------------------------------------------------------
-- Other languages. Each: a pattern of a line's code, what is wrong (%s is what the pattern has captured), what to write.
--   later   Lua complains further down only, so lines above are looked at too: the pattern fits no line of Lua
--   raw     the pattern is of the line as it is, with its strings and comments

local CATCH = 'write local ok, err = pcall(devin.get_session, id), and then if not ok then print(err) end'
local BRACES = "a block is if x then ... end, for i = 1, 3 do ... end, while x do ... end, function f() ... end"
local COLON = "write if x then ... end, for i = 1, 3 do ... end, while x do ... end"
local FUNCTION = "write function(x) return x.title end"
local EACH = "write for _, x in ipairs(list) do ... end"
local COUNT = "write for i = 1, 10 do ... end"
local FIELD = 'write { name = "x" }, and { ["odd name"] = "x" } for a name that is no word'
local IN = 'write for _, tag in ipairs(tags) do if tag == "x" then ... end end'
local UNPACK = "write local sessions = result.sessions, and local a, b = unpack(list)"
local BITS = "write bit.band(a, b), bit.bor(a, b), bit.bxor(a, b), bit.bnot(a), bit.lshift(a, n), bit.rshift(a, n)"
local STEP = "write n = n + 1, and text = text .. more"

local FOREIGN = {
  -- marks
  { "^%s*```", "a Markdown fence is no Lua", "give the code alone, without the lines of ```", raw = true },
  { "\226\128[\152\153\156\157]", "curly quotes are no quotes", 'write straight ones: "text"' },
  { "`", "Lua has no backticks", 'write "..." or [[...]], and join with ..: "session " .. id' },
  { "^%s*//", "a comment does not begin with //", "write -- before it" },
  { "/%*", "a comment does not begin with /*", "write -- before it, or --[[ ... ]] around several lines" },
  { "^%s*#", "a comment does not begin with #", "write -- before it" },
  { "[%w%)%]}\"']%s+#%s", "a comment does not begin with #", "write -- before it" },
  { '"""', 'Lua has no """', "write [[...]] around text of several lines" },
  { "'''", "Lua has no '''", "write [[...]] around text of several lines" },
  { '"%s*"[%a_][%w_]*[^%w_(]', "a quote inside of a text ends it", [[write \" for it, or '...' around a text that has it]] },
  { "^%s*for%s*%(", "for has no parentheses", "write for i = 1, 10 do ... end, or for _, x in ipairs(list) do ... end" },
  -- comparing and joining
  { "([!=]==)", "Lua has no %s", "write == for equal, ~= for not equal" },
  { "!=", "Lua has no !=", 'write ~=, as in if session.status ~= "exit" then' },
  { "<>", "Lua has no <>", 'write ~=, as in if session.status ~= "exit" then' },
  { "&&", "Lua has no &&", "write and, as in if a and b then" },
  { "||", "Lua has no ||", "write or, as in if a or b then" },
  { "!", "Lua has no !", "write not, as in if not done then" },
  { "%?%?", "Lua has no ??", 'write or, as in session.title or "none"' },
  { "%?%.", "Lua has no ?.", "write and, as in session and session.title" },
  { "%?", "Lua has no ? :", 'write and, or: done and "yes" or "no"' },
  { "[=(,]%s*if%f[^%w_]", "Lua has no if inside of a value", 'write done and "yes" or "no"' },
  { "[=(,].-%sif%s.-%selse%s", "Lua has no if inside of a value", 'write done and "yes" or "no"', unless = "%f[%w_]then%f[^%w_]" },
  { "%f[%w_]return%s.-%sif%s.-%selse%s", "Lua has no if inside of a value", 'write return done and "yes" or "no"' },
  { "%f[%w_]not%s+in%f[^%w_]", "Lua has no not in", IN },
  { "%f[%w_](typeof)%s+[%a_]", "Lua has no %s", 'write type(x) == "string"' },
  { "%f[%w_](instanceof)%f[^%w_]", "Lua has no %s", 'write type(x) == "table"' },
  { "%f[%w_]is%s+None%f[^%w_]", "Lua has no is None", "write x == nil" },
  { "%f[%w_]is%s+not%s", "Lua has no is not", "write x ~= nil" },
  -- reckoning
  { "=%s*[%a_][%w_.]*%s*=%s*[^=%s]", "= sets a variable, and gives no value", "write a = 1, and b = a on a line of its own" },
  { "%+%+", "Lua has no ++", "write n = n + 1" },
  { "^%s*[%w_.]+%-%-;?%s*$", "Lua has no --: it begins a comment", "write n = n - 1", raw = true, later = true },
  { "(%.%.=)", "Lua has no %s", STEP },
  { "([%+%-%*/%%]=)", "Lua has no %s", STEP },
  { "=>", "Lua has no =>", FUNCTION },
  { "%->", "Lua has no ->", "write function f(x) ... end, without types" },
  { "%*%*", "Lua has no **", "write 2 ^ 10" },
  { "//", "LuaJIT has no //", "write math.floor(a / b) for a whole quotient, and -- before a comment" },
  { "<%s*(const)%s*>", "LuaJIT has no <%s>", "write local x = 1" },
  { "<%s*(close)%s*>", "LuaJIT has no <%s>", "write local x = 1" },
  { "<<", "LuaJIT has no <<", BITS },
  { ">>", "LuaJIT has no >>", BITS },
  { "%f[%w_]do%s*|", "Lua has no blocks with | |", EACH },
  { "([&|])", "LuaJIT has no %s", BITS },
  { "~[^=]", "LuaJIT has no ~ by itself", "write not x, and bit.bnot(n) for bits" },
  { ":=", "Lua has no :=", "write local x = 1" },
  { "([$@])", "Lua has no %s", "a name is letters, digits and _; text is joined with .." },
  { "%f[%w_]%d+%.%.%d", "Lua has no ranges", COUNT },
  { "%f[%w_]%d+%.%.", "a number runs into ..", 'write 5 .. " sessions", with a blank' },
  -- tables
  { "[\"']%s*%.%s*%a+%s*%(", "text has its methods in parentheses only, behind a colon",
    'write ("text"):upper(), and string.format("%s: %d", text, number)' },
  { "[{,]%s*%.%.%.%s*[%a_(%[{]", "Lua has no spread",
    "write { unpack(list) } for a list; for a table for name, value in pairs(t) do copy[name] = value end" },
  { "[\"']%s*:%s*%a+%(", "text has its methods in parentheses only", 'write ("text"):upper()' },
  { "[\"']%s*:", "a field is not written with a colon", FIELD },
  { "[{,]%s*[%a_][%w_]*%s*:%s", "a field is not written with a colon", FIELD, later = true },
  { "^%s*[%a_][%w_]*%s*:%s+[^%s]", "a field is not written with a colon", FIELD, later = true },
  { "%[%s*%-?%w*%s*:%s*%-?%w*%s*%]", "Lua has no slices", "write { unpack(list, 1, 3) }, or text:sub(1, 3)" },
  { "[=(]%s*%[[^%[=]", "a list is not written in []", 'write { "a", "b" }' },
  { "%f[%w_]in%s+%[", "a list is not written in []", 'write { "a", "b" }' },
  -- declaring, and throwing, which often has a new in it
  { "^%s*(throw)%s", "Lua has no %s", 'write error("why")' },
  { "^%s*(raise)%s", "Lua has no %s", 'write error("why")' },
  { "^%s*for%s+[%w_, ]+%sof%s", "Lua has no for ... of", EACH },
  { "^%s*foreach%f[^%w_]", "Lua has no foreach", EACH },
  { "^%s*for%s.*=.*%sto%s", "Lua has no to", COUNT },
  { "^%s*local%s*[{%[]", "Lua takes no tables apart", UNPACK },
  { "^%s*const%s*[{%[]", "Lua has no const, and takes no tables apart", UNPACK, later = true },
  { "^%s*let%s*[{%[]", "Lua has no let, and takes no tables apart", UNPACK, later = true },
  { "^%s*(const)%s+[%a_{%[]", "Lua has no %s", "write local x = 1", later = true },
  { "^%s*(let)%s+[%a_{%[]", "Lua has no %s", "write local x = 1", later = true },
  { "^%s*(var)%s+[%a_]", "Lua has no %s", "write local x = 1", later = true },
  { "%f[%w_]def%s+[%a_]", "Lua has no def", "write function f(x) ... end" },
  { "^%s*func%s+[%a_]", "Lua has no func", "write function f(x) ... end" },
  { "^%s*class%s+%a", "Lua has no classes", "write a table of functions: local M = {}; function M.f() ... end" },
  { "^%s*with%s+[%a_][%w_.]*%s*%(", "Lua has no with", "leave it out: nothing has to be closed" },
  { "^%s*import%s", "Lua has no import", 'app, json, docs and the rest are there; a module of your own is require("name")' },
  { "^%s*from%s+[%w_.]+%s+import%s", "Lua has no import",
    'app, json, docs and the rest are there; a module of your own is require("name")' },
  { "^%s*async%s", "Lua has no async", "leave it out: a call waits for its answer by itself" },
  { "%f[%w_]await%s+[%a_]", "Lua has no await", "leave it out: a call waits for its answer by itself" },
  { "%f[%w_]lambda%f[^%w_]", "Lua has no lambda", FUNCTION },
  { "%f[%w_]new%s+%u", "Lua has no new", "write a table: { name = value }" },
  { "function%s*[%w_.:]*%s*%([^)]*=", "a parameter has no default", "write x = x or 1 on the function's first line" },
  { "function%s*[%w_.:]*%s*%([^)]*:", "a parameter has no type", "write function f(x) ... end" },
  { "^%s*local%s+[%a_][%w_]*%s*:%s*%a", "a variable has no type", "write local x = 1" },
  { "^%s*local%s+[%a_][%w_]*%s*[.%[]", "local names a variable, not a field", "write t.x = 1, without local" },
  { "^%s*local%s+[%a_][%w_]*%s*%([%w_,%s]*%)%s*$", "a function begins with function",
    "write local function f(x) ... end", later = true },
  { "[(,]%s*%([%w_,%s]*%)%s*return%f[^%w_]", "a function begins with function", FUNCTION },
  { "[%w_%)]%s*[:.]then%s*%(", "Lua has no promises", "leave it out: a call waits for its answer by itself" },
  { "^%s*function%s*%(", "a function by itself needs a name", "write function f() ... end, or local f = function() ... end" },
  -- statements
  { "^%s*try%s*[:{]?%s*$", "Lua has no try", CATCH, later = true },
  { "^%s*}?%s*catch%f[^%w_]", "Lua has no catch", CATCH },
  { "^%s*except%f[^%w_]", "Lua has no except", CATCH },
  { "%f[%w_](elif)%f[^%w_]", "Lua has no %s", "write elseif x then" },
  { "%f[%w_](elsif)%f[^%w_]", "Lua has no %s", "write elseif x then" },
  { "%f[%w_](else_?I[fF])%f[^%w_]", "Lua has no %s", "write elseif x then" },
  { "%f[%w_](else_if)%f[^%w_]", "Lua has no %s", "write elseif x then" },
  { "^%s*(end%s*[fiw][fouh]%l*)%s*;?%s*$", "Lua has no %s", "write end", later = true },
  { "^%s*switch%s*%b()%s*{", "Lua has no switch", "write if x == 1 then ... elseif x == 2 then ... else ... end",
    later = true },
  { "%f[%w_]continue%s*;?%s*$", "Lua has no continue", "write goto continue, and ::continue:: before the loop's end",
    later = true, unless = "goto%s+continue" },
  { "%f[%w_]continue%s*;?%s+end%f[^%w_]", "Lua has no continue",
    "write goto continue, and ::continue:: before the loop's end", unless = "goto%s+continue" },
  { "^%s*pass%s*$", "Lua has no pass", "leave it out: a block may be empty", later = true },
  { "^%s*print%s+[%w_]", "print needs parentheses", "write print(x)" },
  { "^%s*if%s*%b()%s*{%s*$", "blocks have no braces", BRACES, later = true },
  { "^%s*while%s*%b()%s*{%s*$", "blocks have no braces", BRACES, later = true },
  { "^%s*for%s.*%)%s*{%s*$", "blocks have no braces", BRACES, later = true },
  { "^%s*}?%s*else%s*{", "blocks have no braces", BRACES, later = true },
  { "function[^()]*%b()%s*{", "blocks have no braces", BRACES, later = true },
  { "%f[%w_]then%s*{", "blocks have no braces", BRACES },
  { "%f[%w_]do%s*{", "blocks have no braces", BRACES },
  { "^%s*}%s*else", "blocks have no braces", BRACES },
  { "^%s*if%s.*:%s*$", "a condition does not end with a colon", COLON, later = true },
  { "^%s*while%s.*:%s*$", "a condition does not end with a colon", COLON, later = true },
  { "^%s*for%s.*:%s*$", "a loop's head does not end with a colon", COLON, later = true },
  { "^%s*else%s*:", "else has no colon", COLON, later = true },
}

local function foreign(code, raw, at)
  for up = 0, BACK do
    local line = code[at - up]
    if not line then
      return nil
    end
    for _, rule in ipairs(FOREIGN) do
      if up == 0 or rule.later then
        local found, _, capture = find(rule.raw and raw[at - up] or line, rule[1])
        if found and not (rule.unless and find(line, rule.unless)) then
          return capture and format(rule[2], capture) or rule[2], rule[3], at - up
        end
      end
    end
  end
end

------------------------------------------------------------------------------------------------------------
-- Lua's own words: of each complaint its pattern, and its lesson, or the function that gives it and the line it is for

local RESERVED = " and break do else elseif end false for function goto if in local nil not or repeat return then true"
  .. " until while "

-- The nearest line above that a pattern fits, or the nearest with any code.
local function above(code, at, pattern)
  for line = at, max(at - BACK, 1), -1 do
    if find(code[line] or "", pattern) then
      return line
    end
  end
end

-- Whether what Lua complains of is the first word of its line: then the line before is what lacks something.
local function is_first(code, at, near)
  local line = match(code[at] or "", "^%s*(.*)")
  return near == "<eof>" or sub(line, 1, #near) == near
end

local function follows_return(code, at)
  return find(code[above(code, at - 1, "%S") or at] or "", "%f[%w_]return%f[^%w_]")
end

local LONE = "a value by itself is no statement"
local USE = "write return x, print(x), or local x = ..., and f() to call a function"

local function lone(code, at, near)
  if find(RESERVED, " " .. near .. " ", 1, true) then
    return nil
  end
  local line = is_first(code, at, near) and above(code, near == "<eof>" and at or at - 1, "%S") or at
  return LONE, USE, line
end

local function reserved(near)
  if find(RESERVED, " " .. near .. " ", 1, true) then
    local write = 'write x["%s"] for the field, { ["%s"] = 1 }, and another name for a variable'
    return near .. " is a word of Lua's own", format(write, near, near)
  end
end

local COMPLAINTS = {
  { "^'then' expected near '='", "= sets a variable", 'write == to compare, as in if status == "running" then' },
  { "^'then' expected near 'in'",
    "Lua has no in for lists", IN },
  { "^'then' expected near '(.*)'$", function(code, at)
    return "then is missing", "write if x then ... end", above(code, at, "%f[%w_]e?l?s?e?if%f[^%w_]")
  end },
  { "^'do' expected near '(.*)'$", function(code, at)
    local line = above(code, at, "^%s*for%f[^%w_]") or 0
    local other = above(code, at, "^%s*while%f[^%w_]") or 0
    line = line > other and line or other
    return "do is missing", "write for _, x in ipairs(list) do ... end, while x do ... end", line > 0 and line or nil
  end },
  { "^'%)' expected .*near '='$",
    "named values stand in braces", 'write f{ name = "x" }, as in devin.create_session{ prompt = "..." }' },
  { "^'end' expected.* near '<eof>'$", function(code, at)
    local line = above(code, at, "%f[%w_]else%s+if%f[^%w_]")
    if line then
      return format("line %d has else if, which opens a second if", line), "write elseif, which needs no end of its own"
    end
    return "a block is not closed", "each if, for, while, do and function needs an end of its own"
  end },
  { "^'end' expected.* near '(.*)'$", function(code, at)
    if follows_return(code, at) then
      return "return must be the last statement of its block, or an end is missing behind it",
        "write do return x end to leave earlier, and end to close the block"
    end
    return "a block is not closed", "each if, for, while, do and function needs an end of its own"
  end },
  { "^'<eof>' expected near 'end'$",
    "one end too many, or a block closed too early", "each end closes one if, for, while, do or function" },
  { "^'<eof>' expected near '(.*)'$", function(code, at)
    if follows_return(code, at) then
      return "return must be the last statement of its block", "write do return x end to leave earlier"
    end
    return "there is no block that this belongs to", "write if x then ... elseif y then ... else ... end, repeat ... until x"
  end },
  { "^'}' expected.* near '(.*)'$", "a comma or a } is missing", 'write { name = "x", other = 1 }' },
  { "^'%)' expected.* near '(.*)'$", "a comma or a ) is missing", "write f(a, b)" },
  { "^unfinished string",
    "a string ends on its own line, and at its first quote", [==[write "it's", 'say "x"', or [[...]] for several lines]==] },
  { "^unfinished long", "what [[ opens is not closed", "write ]] at its end" },
  { "^invalid escape sequence", "a backslash is special", [[write \\ for one in text, and % in patterns: "%d+"]] },
  { "^malformed number",
    "a name does not begin with a digit, and a number has no letters", "write x8, or \"8a\" for text" },
  { "^'<name>' expected near '(%l+)'$", function(_, _, near) return reserved(near) end },
  { "^unexpected symbol near '(%l+)'$", function(code, at, near)
    if find(code[at] or "", "[{,]%s*" .. near .. "%s*=[^=]") then
      return reserved(near)
    end
  end },
  { "^'in' expected near", "a for goes through what stands behind in", "write for _, x in ipairs(list) do ... end" },
  { "^cannot use '%.%.%.'", "only a function that ends its names with ... takes any number of values",
    "write function(...) at its beginning" },
  { "^undefined label '(.*)'$", function(_, _, near)
    return "the place to go to is missing", format("write ::%s:: before the loop's end", near)
  end },
  { "jumps into the scope of local",
    "goto may not pass a local", "write do ... end around what it leaves out, with ::continue:: behind it" },
  { "^no loop to break", "break is for loops", "write return to leave a function or the script" },
  { "^unexpected symbol near '%.%.'", function(code, at)
    if find(code[at] or "", "print%s*[\"']") then
      return "print takes the first text only", 'write print("a" .. b)'
    end
  end },
  { "^'=' expected near '(.*)'$", lone },
  { "^unexpected symbol near '([\"'%w].*)'$", lone },
  { "^unexpected symbol near '[})%]]'$",
    "nothing is open here that this could close", "each (, { and [ is closed once; a block is closed by end" },
}

-- Says in the fields of a syntax error what was meant; `source` is the text.
return function(fields, source)
  local code, raw = H.code.read(source)
  local at, message = fields.line or 1, fields.message
  while at > 1 and not find(code[at] or "", "%S") do
    at = at - 1 -- the end of the text
  end
  local wrong, write, line = foreign(code, raw, at)
  if wrong then
    return H.code.tell(fields, wrong, write, line)
  end
  for _, rule in ipairs(COMPLAINTS) do
    local found, _, near = find(message, rule[1])
    if found then
      wrong, write, line = rule[2], rule[3], nil
      if type(wrong) == "function" then
        wrong, write, line = wrong(code, at, near)
      end
      if wrong then
        return H.code.tell(fields, wrong, write, line)
      end
    end
  end
end
