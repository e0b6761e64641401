-- trick: the script returns out of coroutines, sort and gsub by an error that nobody catches
-- expect: script_error
coroutine.wrap(function()
  table.sort({3, 2, 1}, function()
    return ("x"):gsub("x", function() error({left = true}) end)
  end)
end)()
