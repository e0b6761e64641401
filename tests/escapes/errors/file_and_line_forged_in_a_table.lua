-- trick: say that an error happened in another file, which the host would then show
-- expect: script_error: mine
-- line: 4
error({message = "mine", file = "/etc/passwd", line = 1})
