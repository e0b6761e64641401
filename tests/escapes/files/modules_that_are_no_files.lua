-- trick: require a named pipe, which would hold the host up for ever, a folder, and bytecode
-- expect: ok
-- modules: yes
-- limits: wall=10
-- output: pipe	false	table
-- output: a_folder	false	table
-- output: bytecode	false	table
-- output: sub	false	table
for _, name in ipairs{"pipe", "a_folder", "bytecode", "sub"} do
  local ok, e = pcall(require, name)
  print(name, ok, type(e))
end
