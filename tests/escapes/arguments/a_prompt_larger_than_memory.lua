-- trick: send an argument whose frame no longer fits into the memory limit, so that the border itself fails
-- expect: limit_exceeded: memory_mib
-- limits: memory_mib=32
-- modes: process, reuse
app.integrations.devin.send_message{session_id = "sess_abc123", message = ("x"):rep(12 * 1024 * 1024)}
