-- trick: require a link that leads out of the folder, to a secret, to /proc, to a device that never ends
-- expect: ok
-- modules: yes
-- limits: wall=10
-- output: linked	false	table
-- output: linked_folder.secret	false	table
-- output: linked_folder.config	false	table
-- output: environ	false	table
-- output: device	false	table
-- output: loop	false	table
for _, name in ipairs{"linked", "linked_folder.secret", "linked_folder.config", "environ", "device", "loop"} do
  local ok, e = pcall(require, name)
  print(name, ok, type(e))
end
