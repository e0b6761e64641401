-- trick: have the host itself write the error of its memory limit, by naming that limit in a table
-- expect: script_error: mine
error({code = "limit_exceeded", message = "mine", details = {limit = "memory_mib"}})
