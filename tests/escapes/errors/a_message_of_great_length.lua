-- trick: end with a message of a million bytes
-- expect: script_error
-- limits: cpu=3
error(("x"):rep(1024 * 1024), 0)
