-- trick: the message of the error that ends the script fills half of the memory
-- expect: limit_exceeded
-- limits: memory_mib=32
-- modes: process
error(("x"):rep(2e7), 0)
