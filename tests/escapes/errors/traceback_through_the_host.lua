-- trick: raise from where host functions, C functions and coroutines lie between, to see addresses and hosts in the traceback
-- expect: script_error: here
local function deep()
  local f = setmetatable({}, {__tostring = function()
    table.sort({3, 1, 2}, function()
      ("x"):gsub("x", function()
        coroutine.wrap(function() load("local f = ... f()", "=(inner)")(function() error("here", 0) end) end)()
      end)
    end)
  end})
  tostring(f)
end
local ok, e = xpcall(deep, function(e) return e end)
deep()
