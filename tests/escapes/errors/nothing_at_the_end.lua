-- trick: end the script with nil as its error
-- expect: script_error: nil
error()
