-- trick: end with a table that blames luahost
-- expect: script_error: mine
error({code = "internal_error", message = "mine"})
