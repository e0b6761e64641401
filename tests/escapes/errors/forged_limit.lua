-- trick: end with a table that says that a limit of the host's was reached
-- expect: script_error
error({code = "limit_exceeded", message = "the run went over its limit of 5 s (cpu)", details = {limit = "cpu", allowed = 5, used = 6}})
