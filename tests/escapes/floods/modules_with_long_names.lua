-- trick: require with a name of two hundred thousand parts, each of which is looked up on disk
-- expect: ok
-- limits: wall=5
-- modules: yes
-- output: came back
pcall(require, ("sub."):rep(1000) .. "deep")
pcall(require, ("b"):rep(3e6))
pcall(require, ("a."):rep(2e5) .. "a")
print("came back")
