-- trick: pcall calls pcall without end, and each level tries again when the one below has failed
-- expect: ok
-- output: done
local tries = 0
local function f()
  tries = tries + 1
  if tries < 2e5 then
    pcall(f)
    pcall(f)
  end
end
pcall(f)
print("done")
