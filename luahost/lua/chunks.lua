-- Texts that become functions: the script's own, and those of the modules that it requires.

local H = ...

local load, pcall = load, pcall
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

local LONGEST = 65536 -- bytes

local files = {} -- of every text that was compiled: its file, by its chunk's name
local texts = {} -- and the text, by its file, where it is not too long to be explained

-- The text `source`, read behind `head`, as a function in `env`, or nil and its syntax error as fields.
local function compile(source, file, env, head)
  local name = chunk_name("@" .. file)
  files[name] = file
  texts[file] = #source <= LONGEST and source or nil
  local chunk, problem = load(head and head .. source or source, name, "t", env)
  if chunk then
    return chunk
  end
  local fields = H.errors.syntax_error(problem, name, file)
  pcall(function() H.syntax(fields, source) end) -- memory may end there, and the error is good without it
  return nil, fields
end

return { is_host_source = is_host_source, chunk_name = chunk_name, compile = compile, files = files, texts = texts }
