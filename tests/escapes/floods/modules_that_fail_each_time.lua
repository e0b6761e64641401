-- trick: a module that prints and fails is required again and again, since what fails is not kept
-- expect: limit_exceeded: output_bytes
-- limits: output_bytes=1000
-- modules: yes
while true do pcall(require, "prints") end
