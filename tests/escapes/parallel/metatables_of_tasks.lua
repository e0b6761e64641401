-- trick: hide functions, names and results of parallel behind metatables that run code or fail
-- expect: ok
-- output: false	invalid_arguments
-- output: false	invalid_arguments
-- output: 0
-- output: 3	true
local trap = setmetatable({}, { __index = function() error("read") end, __len = function() return 3 end, __call = function() end })
local function told(ok, e) print(ok, e.code) end
told(pcall(parallel, { trap }))
told(pcall(parallel, { print }, setmetatable({ limit = setmetatable({}, { __lt = function() return true end }) }, {})))
print(#parallel(trap, print))
local strange = setmetatable({}, { __eq = function() return true end, __index = function() return true end })
local found = parallel{ function() return strange end, function() return coroutine.wrap(function() return strange end)() end,
  function() return coroutine.wrap(function() coroutine.yield(strange) end)() end }
print(#found, rawequal(found[3], strange))
