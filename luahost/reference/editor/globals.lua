---@meta

-- What every script of luahost has: docs/scripting.md says more. Lua's own libraries are as LuaJIT has them but for
-- `io`, `debug`, `package`, `ffi` and `jit`, which are not there, and most of `os`.

------------------------------------------------------------------------------------------------------------
-- luahost

---Where the functions of integrations are.
---@class luahost.app
---@field integrations luahost.integrations
app = {}

---@class luahost.integrations

---What a call has raised, as pcall gives it. It reads like text: `..`, `tostring(err)` and `err:find("rate")` work.
---@class luahost.error: stringlib
---@field code string which error it is, as in "not_found"
---@field message string
---@field hint? string what to do
---@field call? string as in "devin.get_session"
---@field account? string
---@field status? integer of HTTP
---@field retryable? boolean whether the same call can help later
---@field retry_after? number seconds
---@field request_id? string
---@field details? any
---@field file? string
---@field line? integer

---The values that the run was given: `--set name=value`, `--args FILE`, `Host.run(args=…)`.
---@type table<string, any>
args = {}

---The words behind the script's name; `arg[0]` is that name.
---@type table<integer, string>
arg = {}

---Writes a value, tables readably, and gives it back.
---@generic T
---@param value T
---@return T
function dump(value) end

---Waits.
---@param seconds number
function sleep(seconds) end

---Walks a list entry by entry, page by page: `for session in each(devin.list_sessions, { limit = 5 }) do`.
---@param list_function fun(...: any): any the function itself
---@param args? table its arguments
---@return any # for a `for` loop
function each(list_function, args) end

---@class luahost.wait_until
---@field check fun(): any, any called until it gives something other than nil and false; its second value is the last state
---@field timeout? number seconds; 600 unless said
---@field every? number seconds between the first two looks; 5 unless said

---Waits until `check` says so, and gives what it gave. Raises an error with the code `timeout`.
---@param options luahost.wait_until
---@return any
function wait_until(options) end

---@class luahost.parallel
---@field limit? integer tasks at a time, 1 to 256; 32 unless said
---@field settle? boolean an entry for each task, { ok = true, value = … } or { ok = false, error = … }, and no error

---Makes calls together: `parallel{ f, g }` or `parallel(list, function(x) … end, { limit = 8 })`. The results, in order.
---@param tasks table functions; or a list, whose entries go to `each_entry`
---@param each_entry? fun(entry: any, at: integer): any
---@param options? luahost.parallel
---@return any[]
---@overload fun(tasks: table, options: luahost.parallel): any[]
function parallel(tasks, each_entry, options) end

---@class luahost.json
---@field null userdata null in a list; true in a condition, as all but nil and false is
json = {}

---@class luahost.json.options
---@field pretty? boolean

---@param value any
---@param options? luahost.json.options
---@return string
function json.encode(value, options) end

---@param text string
---@return any
function json.decode(text) end

---Marks a table as an array, which matters for an empty one.
---@param list? table
---@return table
function json.array(list) end

---The reference, from inside.
---@class luahost.docs
docs = {}

---@return { page: string, summary: string }[]
function docs.list() end

---@param text string what to do, in any words
---@return { page: string, summary: string }[]
function docs.search(text) end

---@param page? string as in "devin.create_session"
---@return string
function docs.read(page) end

---A module below the script's folder, `a/b.lua` for "a.b"; "json" gives the global.
---@param name string
---@return any
function require(name) end

------------------------------------------------------------------------------------------------------------
-- Lua's own: basic functions

---@class _G
_G = {}

---@type string
_VERSION = "Lua 5.1"

---@generic T
---@param v? T
---@param message? any
---@param ... any
---@return T
---@return any ...
function assert(v, message, ...) end

---@param message any
---@param level? integer
function error(message, level) end

---@param f function
---@param ... any
---@return boolean ok
---@return any ...
function pcall(f, ...) end

---@param f function
---@param handler fun(err: any): any
---@param ... any
---@return boolean ok
---@return any ...
function xpcall(f, handler, ...) end

---@param n integer | "#"
---@param ... any
---@return any ...
function select(n, ...) end

---@param v any
---@return "nil" | "number" | "string" | "boolean" | "table" | "function" | "thread" | "userdata"
function type(v) end

---@param v any
---@param base? integer
---@return number?
function tonumber(v, base) end

---@param v any
---@return string
function tostring(v) end

---Writes its arguments, tables readably.
---@param ... any
function print(...) end

---@generic T: table, K, V
---@param t T
---@return fun(table: table<K, V>, index?: K): K, V
---@return T
function pairs(t) end

---@generic T: table, V
---@param t T
---@return fun(table: V[], i?: integer): integer, V
---@return T
---@return integer
function ipairs(t) end

---@generic K, V
---@param t table<K, V>
---@param k? K
---@return K?
---@return V?
function next(t, k) end

---@param t table
---@param k any
---@return any
function rawget(t, k) end

---@param t table
---@param k any
---@param v any
---@return table
function rawset(t, k, v) end

---@param a any
---@param b any
---@return boolean
function rawequal(a, b) end

---@param v table | string
---@return integer
function rawlen(v) end

---@param t table
---@param metatable? table
---@return table
function setmetatable(t, metatable) end

---@param v any
---@return any
function getmetatable(v) end

---@generic T
---@param list T[]
---@param i? integer
---@param j? integer
---@return T ...
function unpack(list, i, j) end

---Makes a function of text, never of bytecode.
---@param chunk string | fun(): string?
---@param name? string
---@param mode? "t"
---@param env? table
---@return function?
---@return string? problem
function load(chunk, name, mode, env) end

------------------------------------------------------------------------------------------------------------
-- os: the clock

---@class luahost.os
os = {}

---@return number seconds of processor time
function os.clock() end

---@param t? { year: integer, month: integer, day: integer, hour?: integer, min?: integer, sec?: integer, isdst?: boolean }
---@return integer seconds since 1970
function os.time(t) end

---@param format? string
---@param time? number
---@return any # text; a table for "*t"
function os.date(format, time) end

---@param later number
---@param earlier number
---@return number
function os.difftime(later, earlier) end
