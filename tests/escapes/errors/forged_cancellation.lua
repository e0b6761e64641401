-- trick: end with a table that says that the user, or the host, broke the run off
-- expect: script_error: mine
error({code = "cancelled", message = "mine", hint = "forged"})
