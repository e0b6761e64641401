-- The first chunk of a Lua state, after a line that gives CORE, files that every run needs, as functions, and PLACES:
-- of each further file, where it lies in `code`; behind a | those that only a failure is explained with.
--   door     the one function that leaves Lua: bytes in, bytes out, never raises
--   guarded  true where nobody can kill this state (isolation "none"): hooks then ask whether to stop
--   eager    true to load all files now, for a state that many are forked from, but for those behind the |
--   code     the files' texts, or what string.dump made of them, one after another
--   lasts    true for a state that runs one chunk after another (lasting.lua)
-- Each file gives a value. Others find it in H, which loads it when it is first asked for: so files speak of one
-- another as H.name.function, inside of functions. Scripts never see H: they run in an environment of their own, and
-- what a file needs of Lua it keeps in locals, from the globals that no script can reach any more.

local door, guarded, eager, code, lasts = ...

collectgarbage("stop") -- until the script runs: all that is made here stays

local globals, match, sub = _G, string.match, string.sub
local empty = {}
setfenv(0, empty) -- whatever a script gets hold of, the globals behind it are empty

-- What changes while a script runs: `unread` answers; the `task` of parallel that runs, and whether the `mark` that it
-- yields `passes` to where tasks are run; the coroutines that are `held` until it goes on; what a `durable` run notes.
-- In a state that lasts, `renew` are functions to be called before each chunk, `chunk` is the one that runs, and `stop`
-- ends it.
local H = setmetatable({
  door = door, guarded = guarded, eager = eager, globals = globals, unread = 0, task = false, mark = {}, passes = false,
  held = false, durable = false, lasts = lasts, renew = lasts and {}, chunk = false, stop = false,
}, {
  __index = function(H, name)
    local file = CORE[name]
    if not file then
      local first, last = match(PLACES, "%f[%l]" .. name .. "=(%d+),(%d+)")
      if not first then
        return nil
      end
      -- By this name tracebacks and error positions tell the host's frames from the script's; no script may take it.
      local chunk, problem = loadstring(sub(code, first, last), "=[luahost " .. name .. "]")
      if not chunk then
        error(problem, 0)
      end
      file = setfenv(chunk, globals)
    end
    local made = file(H)
    H[name] = made
    return made
  end,
})

if eager then
  for name in string.gmatch(match(PLACES, "^[^|]+"), "%l+") do
    local _ = H[name]
  end
end

local begin = H.main()

if eager then
  collectgarbage() -- what is shared stays as it is: a collection would write into every page of it
  collectgarbage("stop")
end

-- The state is ready. The one global there is runs a script, and is gone before it is read.
function empty.run()
  empty.run = nil
  begin()
end
