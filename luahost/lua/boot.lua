-- The first chunk of a Lua state. It is called with
--   border   the one function that leaves Lua: bytes in, bytes out, never raises
--   guarded  true where nobody can kill this state (isolation "none"): hooks then ask whether to stop
--   ...      name and code of each file of the host's half, in order: its text, or what string.dump made of it
-- Each file gets the same table, H, into which it puts what later files use. Scripts never see H: they run
-- in an environment of their own, and what a file needs of Lua it keeps in locals before any script is read.

local border, guarded = ...

collectgarbage("stop") -- until the script runs: all that is made here stays

local H = { border = border, guarded = guarded }

for i = 3, select("#", ...), 2 do
  local name, code = select(i, ...)
  -- By this name tracebacks and error positions tell the host's frames from the script's; no script may take it.
  local chunk, problem = loadstring(code, "=[luahost " .. name .. "]")
  if not chunk then
    error(problem, 0)
  end
  chunk(H)
end

H.main()
