-- What a script sees: an allow-list. The script's environment is a table of its own; Lua's globals are emptied.
-- Left out, and why (libraries.lua says the same of what lies in the libraries):
--   io, dofile, loadfile, package   files and processes belong to the host; `require` asks it
--   debug                           reaches every other value in the state
--   ffi, jit                        memory and machine code
--   getfenv, setfenv, module        reach the environments of the host's functions
--   newproxy                        finalizers, which would run inside the host's own code
--   collectgarbage, gcinfo          the allocator: stopped, it takes memory until the limit; counted, it tells of the host
--   loadstring                      load, without a way to say "text only"
--   python                          lupa's door into its interpreter

local H = ...

local type, next, select, error, pcall, rawget, rawset, load, pairs, ipairs =
  type, next, select, error, pcall, rawget, rawset, load, pairs, ipairs
local getinfo = debug.getinfo
local sub = string.sub
local concat = table.concat
local getmetatable = getmetatable

local BASE = {
  "assert", "pcall", "xpcall", "select", "type", "tonumber", "rawequal", "setmetatable", "unpack",
}

-- What a reader of load gives, piece by piece, until it gives nothing.
local function read_all(reader)
  local parts, n = {}, 0
  while true do
    local piece = reader()
    if piece == nil or piece == "" then
      return concat(parts)
    elseif type(piece) ~= "string" then
      error("reader function must return a string", 0)
    end
    n = n + 1
    parts[n] = piece
  end
end

-- 5.1 Basic functions, where they differ from Lua's own.
local function basic(env)
  for _, name in next, BASE do
    env[name] = H.globals[name]
  end
  env._G = env
  env._VERSION = H.globals._VERSION

  function env.tostring(v)
    return H.text.text_of(v)
  end

  if H.guarded then
    -- When the stop is the error, a handler runs with hooks off: it would never end.
    local xpcall = env.xpcall
    function env.xpcall(f, handler, ...)
      return xpcall(f, function(e)
        if H.border.is_stopped() then
          return e
        end
        return handler(e)
      end, ...)
    end
  else
    -- pcall(f{...}) has made its call already, and catches nothing of it: a script would take it for failed. Where a
    -- state is guarded, a frame more at each level would keep one that stops from unwinding.
    for _, name in next, { "pcall", "xpcall" } do
      local protected = env[name]
      env[name] = function(...)
        if type((...)) == "table" then
          H.slips.no_function((...), name)
        end
        return protected(...)
      end
    end
  end

  -- A level may name the host's code that has called the script: such a place is nobody's business.
  function env.error(message, level)
    level = level or 1
    if (type(message) ~= "string" and type(message) ~= "number") or type(level) ~= "number" or level < 1 then
      error(message, 0)
    end
    local info = getinfo(level + 1, "S")
    if info and H.chunks.is_host_source(info.source) then
      error(message, 0)
    end
    error(message, level + 1)
  end

  function env.rawlen(v)
    if type(v) ~= "table" and type(v) ~= "string" then
      H.errors.invalid("rawlen: a table or a string was expected, not a " .. type(v))
    end
    return #v
  end

  function env.rawget(t, k)
    return rawget(H.readonly.listing(t) or t, k)
  end

  function env.next(t, k)
    if k == nil and H.durable then
      H.durable.watch(t)
    end
    return next(H.readonly.listing(t) or t, k)
  end

  function env.pairs(t)
    local members = H.readonly.listing(t)
    local step = H.durable and H.durable.walk(members or t)
    if step then
      return step, members or t, nil
    elseif not members then
      return pairs(t)
    end
    -- A copy: what is iterated over is in the script's hands.
    local copy = {}
    for k, v in next, members do
      copy[k] = v
    end
    return next, copy, nil
  end

  -- The list that a function gives lies in a field: over the whole ipairs finds nothing, and would say nothing.
  function env.ipairs(t)
    if type(t) == "table" and rawget(t, 1) == nil and next(t) ~= nil then
      H.slips.no_list(t)
    end
    return ipairs(t)
  end

  function env.rawset(t, k, v)
    H.readonly.refuse(t, k)
    return rawset(t, k, v)
  end

  function env.getmetatable(v)
    -- The mark of an array is the host's, and shared by all arrays.
    if H.json.is_array(v) then
      return nil
    end
    return getmetatable(v)
  end

  -- Text only, in the script's environment unless another is given.
  function env.load(chunk, name, _, ...)
    local scope = env
    if select("#", ...) > 0 then
      scope = ...
    end
    name = type(name) == "string" and name or type(chunk) == "string" and chunk or "=(load)"
    if type(chunk) == "function" then
      -- Called by LuaJIT's own load, a reader that is stopped would leave hooks off for good.
      local ok, text = pcall(read_all, chunk)
      if not ok then
        return nil, text
      end
      chunk = text
    end
    if type(chunk) == "string" and sub(chunk, 1, 1) == "\27" then
      return nil, "bytecode cannot be loaded"
    end
    return load(chunk, H.chunks.chunk_name(name), "t", scope)
  end

  function env.print(...)
    local n = select("#", ...)
    if n == 1 then
      H.border.output(H.text.text_of((...)) .. "\n")
      return
    end
    local words = {}
    for i = 1, n do
      words[i] = H.text.text_of((select(i, ...)))
    end
    H.border.output(concat(words, "\t") .. "\n")
  end

  function env.dump(v)
    H.border.output(H.text.dump_text(v) .. "\n")
    return v
  end
end

-- Fills `env`, and gives a function that begins a run in it: `run` has seed, now, args, words and name.
local function environment(env)
  basic(env)
  local os = H.libraries(env)
  local set_clock = H.services(env, os)
  env.app = H.readonly.make("app", function() return H.namespace.app() end, function(_, key) return H.namespace.in_app(key) end)
  return function(run)
    set_clock(run)
    env.args = run.args or {}
    env.arg = run.words or {}
    env.arg[0] = run.name
    H.seed = run.seed
    H.globals.math.randomseed(run.seed)
  end
end

return environment
