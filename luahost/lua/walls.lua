-- The system calls that put up a process's walls, through LuaJIT's FFI. This runs in a state of its own, which no
-- script and nothing of a script's ever enters. Each function gives 0, or the error number of what the kernel refused.
-- Numbers: linux/prctl.h, linux/seccomp.h, linux/landlock.h; Landlock's are the same on every machine.

local ffi = require("ffi")
local C = ffi.C

ffi.cdef([[
  int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d);
  long syscall(long number, ...);
  int close(int fd);
  struct sock_fprog { unsigned short length; const char *filter; };
  struct landlock_ruleset_attr { uint64_t files, net, scoped; };
]])

local PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
local SECCOMP_MODE_FILTER = 2
local SIGKILL = 9
local LANDLOCK_CREATE_RULESET, LANDLOCK_RESTRICT_SELF, LANDLOCK_CREATE_RULESET_VERSION = 444, 446, 1

local function long(n)
  return ffi.cast("long", n)
end

local function set(option, a, b)
  return C.prctl(option, a, b or 0, 0, 0) == 0 and 0 or ffi.errno()
end

function no_new_privs()
  return set(PR_SET_NO_NEW_PRIVS, 1)
end

function not_dumpable()
  return set(PR_SET_DUMPABLE, 0)
end

function parent_death_signal()
  return set(PR_SET_PDEATHSIG, SIGKILL)
end

-- `program` is an array of struct sock_filter.
function filter(program)
  local made = ffi.new("struct sock_fprog", #program / 8, program)
  return set(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ffi.cast("unsigned long", ffi.cast("void *", made)))
end

-- Reads a byte that lies below the stack, so that the kernel makes the stack reach there.
function touch(address)
  local _ = ffi.cast("volatile const char *", address)[0]
end

-- The version of Landlock, or minus the error number.
function landlock_version()
  local found = tonumber(C.syscall(LANDLOCK_CREATE_RULESET, nil, long(0), long(LANDLOCK_CREATE_RULESET_VERSION)))
  return found >= 0 and found or -ffi.errno()
end

-- Denies every right over files, TCP ports, abstract sockets and signals that this version knows.
function landlock(version)
  local files = version >= 5 and 16 or version >= 3 and 15 or version >= 2 and 14 or 13
  local rights = ffi.new("struct landlock_ruleset_attr", 2 ^ files - 1, 3, 3)
  local size = version >= 6 and 24 or version >= 4 and 16 or 8
  local ruleset = tonumber(C.syscall(LANDLOCK_CREATE_RULESET, rights, long(size), long(0)))
  if ruleset < 0 then
    return ffi.errno()
  end
  local done = tonumber(C.syscall(LANDLOCK_RESTRICT_SELF, long(ruleset), long(0)))
  local problem = done == 0 and 0 or ffi.errno()
  C.close(ruleset)
  return problem
end
