-- trick: raise the words with which the host stops a run, or say that memory ended, and go on
-- expect: script_error: the run was stopped
-- output: false	the run was stopped
-- output: going on
print(pcall(error, "the run was stopped", 0))
pcall(coroutine.wrap(function() error("not enough memory", 0) end))
print("going on")
error("the run was stopped", 0)
