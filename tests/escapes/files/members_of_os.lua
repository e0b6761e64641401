-- trick: start, end, remove, rename and name things through os
-- expect: ok
-- output: clock date difftime time
-- output: nil	nil	nil	nil	nil	nil	nil
local names = {}
for name in pairs(os) do names[#names + 1] = name end
table.sort(names)
print(table.concat(names, " "))
print(os.execute, os.exit, os.remove, os.rename, os.tmpname, os.getenv, os.setlocale)
