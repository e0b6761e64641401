-- trick: require a module that holds bytecode
-- expect: script_error: bytecode
-- modules: yes
require("bytecode")
