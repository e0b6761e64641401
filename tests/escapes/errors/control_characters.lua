-- trick: end with a message that would draw on the terminal of whoever reads it
-- expect: script_error
-- output: ok
print("ok")
error("\27]0;owned\7\27[2J\27[1;1H\r\b\b\b\8\127", 0)
