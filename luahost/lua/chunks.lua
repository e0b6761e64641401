-- Texts that become functions: the script's own, and those of the modules that it requires.

local H = ...

local load = load
local find, sub = string.find, string.sub

-- The host's files are named "=[luahost …]"; lupa names the chunk that loads them "<python>".
local function is_host_source(source)
  return sub(source, 1, 10) == "=[luahost " or source == "<python>"
end

-- A chunk's name that shows as the host's would hide the script's frames.
local function chunk_name(name)
  if find(name, "^[@=]?%[luahost ") or name == "<python>" then
    return "=(load)"
  end
  return name
end

local files = {} -- of every text that was compiled: its file, by its chunk's name

-- The text `source` as a function in `env`, or nil and its syntax error as fields.
local function compile(source, file, env)
  local name = chunk_name("@" .. file)
  files[name] = file
  local chunk, problem = load(source, name, "t", env)
  if chunk then
    return chunk
  end
  return nil, H.errors.syntax_error(problem, name, file)
end

return { is_host_source = is_host_source, chunk_name = chunk_name, compile = compile, files = files }
