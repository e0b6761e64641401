-- trick: have memory end between a request and its answer, so that the answer waits in the pipe for the next run
-- expect: ok
-- output-contains: memory ended	true
-- modes: process, reuse
local held, n, failed = {}, 0, 0
local function hold(size)
  n = n + 1
  held[n] = ("x"):rep(size - n)
end
while n < 48 do hold(2 ^ 20) end
-- Then small pieces: a request takes little room and its answer more, so that the first to fail is an answer.
for _ = 1, 400 do
  if not pcall(docs.list) then failed = failed + 1 end
  if failed > 3 or not pcall(hold, 16384) then break end
end
held = nil
print(("x"):rep(60000)) -- the border collects: the process looks like any other again
print("memory ended", failed > 0)
