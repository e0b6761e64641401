-- trick: return a value whose text does not fit into the memory limit: it must not be lost without a word
-- expect: limit_exceeded: memory_mib
-- modes: process, reuse
return ("\1"):rep(12 * 2 ^ 20)
