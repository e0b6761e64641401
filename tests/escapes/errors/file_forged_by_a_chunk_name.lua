-- trick: name a chunk after a file that nobody may read, so that the host may look for the line there
-- expect: script_error: mine
local chunk = load("\n\nerror('mine')", "@/etc/passwd")
chunk()
