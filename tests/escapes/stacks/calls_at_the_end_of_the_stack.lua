-- trick: calls fail after they were sent and before their answer is read; then each answer must belong to its call
-- expect: ok
-- output: true 0
-- limits: calls=10000
-- Calls f where fewer and fewer slots of the stack are left.
local function at(n, f, pad)
  if n == 0 then
    return (f(unpack({}, 1, pad)))
  end
  return (at(n - 1, f, pad))
end
local function fits(n) return (pcall(at, n, math.random, 0)) end
local low, high = 1000, 70000
while high - low > 1 do
  local middle = math.floor((low + high) / 2)
  if fits(middle) then low = middle else high = middle end
end
local function everywhere(f)
  for left = 0, 240 do
    pcall(at, low - math.floor(left / 4), f, left % 4 * 2)
  end
end
local get, n, wrong = app.integrations.devin.get_session, 0, 0
local function call()
  n = n + 1
  local name = "n" .. n
  local ok, e = pcall(get, {[name] = 1})
  if type(e) == "table" and e.message and not e.message:find(name .. "'", 1, true) then
    wrong = wrong + 1
  end
end
everywhere(call)
local _, e = pcall(get, {last = 1})
print(tostring(e.message:find("last", 1, true) ~= nil) .. " " .. wrong)
