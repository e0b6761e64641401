-- trick: mention memory in a message, and have it taken for the memory limit
-- expect: script_error: the printer has not enough memory
-- line: 4
error("the printer has not enough memory")
