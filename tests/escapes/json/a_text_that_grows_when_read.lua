-- trick: decode a text whose tables do not fit into the memory limit: that is a limit, and no fault of the text
-- expect: limit_exceeded: memory_mib
-- limits: memory_mib=32
-- modes: process, reuse
json.decode("[" .. ("[1,2],"):rep(1e6) .. "1]")
