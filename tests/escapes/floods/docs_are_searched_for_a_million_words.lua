-- trick: docs.search with a million words: the host's own thread does that work, and no limit on the script counts it
-- expect: ok
-- limits: wall=3
-- output: came back
pcall(docs.search, ("session word "):rep(3e5))
pcall(docs.search, ("w"):rep(3e6))
print("came back")
