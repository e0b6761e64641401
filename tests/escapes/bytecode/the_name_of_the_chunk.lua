-- trick: the bytecode is the chunk's name, or the name pretends to be the host's, or is 10 MB long
-- expect: ok
-- output: shown: 0
local shown = 0
for _, name in ipairs{"\27LJ\2", "=\27LJ\2", "@\27LJ", "=[luahost main]", "[luahost main]", "@[luahost boot]", "<python>", ("n"):rep(1e6), "", "=", "@", "\0"} do
  local f = load("error('x')", name)
  local _, why = pcall(f)
  local _, syntax = load("x = = 1", name)
  for _, text in ipairs{why, syntax} do
    if text:find("[luahost", 1, true) or #text > 200 then
      shown = shown + 1
    end
  end
end
print("shown: " .. shown)
