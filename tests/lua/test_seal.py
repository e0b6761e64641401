"""The seal: which walls stand around a script's process, as the kernel tells it; what native code can do behind
them, wall by wall; and what is said and done where a system has fewer.
"""

from __future__ import annotations

import errno
import json
import os
import platform
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lupa
import pytest

from luahost import Host, Limits
from luahost.errors import Unsupported, UsageError
from luahost.lua import confine
from luahost.lua.confine import Seal
from luahost.lua.pool import Pool
from tests.lua import bpf
from tests.lua.test_runs import no_child_left
from tests.processes import PROC, alive, descendants, parent, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from luahost.lua.child import Child
    from luahost.results import Result
    from tests.conftest import Command, Finished

__all__ = ["no_child_left"]  # a fixture for every test of this file

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's")
native = pytest.mark.skipif(platform.machine() != "x86_64", reason="the attacks are written for x86-64")

REPOSITORY = Path(__file__).parents[2]
FOLDERS = [str(REPOSITORY), str(Path(lupa.__file__).parents[1])]  # where luahost and lupa are found without site
ROOT = os.geteuid() == 0
NOBODY = 65534
ORDINARY = NOBODY if ROOT else None  # whom a process becomes to be without privileges
MIB = 1 << 20


# -- a script's process, looked at ---------------------------------------------------------------------------------


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[Child]:
    """The processes that a pool has given to runs, in their order."""
    found: list[Child] = []
    take = Pool.take

    def noted(pool: Pool, *arguments: Any, **options: Any) -> Child | None:
        child = take(pool, *arguments, **options)
        if child is not None:
            found.append(child)
        return child

    monkeypatch.setattr(Pool, "take", noted)
    return found


def looked_at(taken: list[Child], look: Callable[[Path], None], reuse: int = 1, **options: Any) -> Result:
    """Run a script, and `look` at its process' folder in /proc while it waits for an answer."""
    problems: list[BaseException] = []

    def on_output(_: bytes) -> None:
        try:
            look(PROC / str(taken[-1].pid))
        except BaseException as problem:  # noqa: BLE001 (raised again below)
            problems.append(problem)

    with Host(isolation="process", state=False, reuse=reuse) as host:
        result = host.run("print('now') docs.list()", on_output=on_output, **options)
    assert result.ok, result.error
    if problems and isinstance(problems[0], PermissionError):
        pytest.skip("this user may not look into the process")
    if problems:
        raise problems[0]
    return result


def status(folder: Path) -> dict[str, str]:
    lines = (folder / "status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


@pytest.fixture(params=[1, 3], ids=["once", "reuse"])
def reuse(request: pytest.FixtureRequest) -> int:
    return int(request.param)


def test_the_level_here_is_full(taken: list[Child], reuse: int) -> None:
    result = looked_at(taken, lambda _: None, reuse)
    assert result.meta["seal"] == "full", result.meta
    assert "missing_walls" not in result.meta


def test_a_scripts_process_gains_no_privileges_and_has_both_filters(taken: list[Child], reuse: int) -> None:
    def look(folder: Path) -> None:
        found = status(folder)
        assert (found["NoNewPrivs"], found["Seccomp"]) == ("1", "2")
        assert int(found["Seccomp_filters"]) >= 2
        assert found["Threads"] == "1"

    looked_at(taken, look, reuse)


def test_the_kernel_limits_a_scripts_process(taken: list[Child], reuse: int) -> None:
    def look(folder: Path) -> None:
        found = {line[:25].strip(): line[25:].split()[:2] for line in (folder / "limits").read_text().splitlines()}
        none = ["0", "0"]
        assert (found["Max core file size"], found["Max file size"], found["Max processes"]) == (none, none, none)
        assert found["Max open files"] == ["1", "1"]
        assert found["Max stack size"][0] == str(confine.STACK)
        assert 2 <= int(found["Max cpu time"][0]) <= 4
        assert 64 * MIB < int(found["Max address space"][0]) < 64 * MIB + 256 * MIB

    looked_at(taken, look, reuse, limits=Limits(cpu=1.5, memory_mib=64))


def test_the_kernels_limits_are_those_of_the_run(taken: list[Child]) -> None:
    spaces = []

    def look(folder: Path) -> None:
        line = next(each for each in (folder / "limits").read_text().splitlines() if "address space" in each)
        spaces.append(int(line.split()[3]))

    for mebibytes in (32, 96):
        looked_at(taken, look, limits=Limits(memory_mib=mebibytes))
    assert spaces[1] - spaces[0] == 64 * MIB


def test_a_scripts_process_has_three_descriptors_and_no_folder(taken: list[Child], reuse: int) -> None:
    def look(folder: Path) -> None:
        assert {each.name for each in (folder / "fd").iterdir()} == {"0", "1", "2"}
        assert (folder / "cwd").readlink() == Path("/")

    with Path(__file__).open("rb") as mine:
        os.set_inheritable(mine.fileno(), True)
        looked_at(taken, look, reuse)


def test_the_environment_has_the_time_zone_and_a_hint_to_malloc(
    taken: list[Child], reuse: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("LUAHOST_DEVIN_API_KEY", "cog_canary")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/nowhere")

    def look(folder: Path) -> None:
        variables = (folder / "environ").read_bytes().split(b"\0")
        assert {each.partition(b"=")[0] for each in variables if each} == {b"TZ", b"GLIBC_TUNABLES"}
        assert b"canary" not in (folder / "cmdline").read_bytes()

    looked_at(taken, look, reuse)


def test_the_process_that_forks_the_others_is_sealed_too(taken: list[Child]) -> None:
    def look(folder: Path) -> None:
        found = status(PROC / str(parent(int(folder.name))))
        assert (found["NoNewPrivs"], found["Seccomp"]) == ("1", "2")

    looked_at(taken, look)


# -- the end of those above ----------------------------------------------------------------------------------------

HOST = """
import sys
from luahost import Host
host = Host(state=False, reuse=int(sys.argv[1]))
host.run("return 1")
host.run(sys.argv[2], on_output=lambda text: print("began", flush=True))
"""


@contextmanager
def host_process(code: str, *words: str) -> Iterator[tuple[subprocess.Popen[bytes], set[int]]]:
    """A program that has printed a line, and the processes that it has started by then."""
    host = subprocess.Popen([sys.executable, "-c", code, *words], stdout=subprocess.PIPE, cwd=REPOSITORY)
    try:
        assert host.stdout is not None
        assert host.stdout.readline()
        started = descendants(host.pid)
        assert started
        yield host, started
    finally:
        host.kill()
        host.communicate()


@pytest.mark.parametrize("source", ["print(1) while true do end", "print(1) sleep(1000)"])
def test_when_the_host_is_killed_all_are_gone(reuse: int, source: str) -> None:
    with host_process(HOST, str(reuse), source) as (host, started):
        assert len(started) >= 2
        host.kill()
        assert wait_until(lambda: not any(map(alive, started)))


def test_when_the_parent_of_them_is_killed_all_are_gone(reuse: int) -> None:
    with host_process(HOST, str(reuse), "print(1) while true do end") as (host, started):
        (zygote,) = {pid for pid in started if parent(pid) == host.pid}
        os.kill(zygote, signal.SIGKILL)
        assert wait_until(lambda: not any(map(alive, started)))


# -- an ordinary user ----------------------------------------------------------------------------------------------


class User:
    """A user without privileges, who can run luahost; nobody, where the tests are run by root."""

    def __init__(self, python: str) -> None:
        self.python = python
        self._options: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if ROOT else {}
        paths = os.pathsep.join(FOLDERS)
        self._env = {**os.environ, "LUAHOST_HOME": "/nowhere", "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}

    def run(self, *words: str, timeout: float = 30) -> subprocess.CompletedProcess[str]:
        command = [self.python, *words]
        return subprocess.run(
            command,
            env=self._env,
            cwd="/",
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            **self._options,
        )


@pytest.fixture(scope="module")
def user() -> User:
    """Skips where no interpreter and no luahost can be read by that user."""
    candidates = [sys.executable, f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"]
    for python in candidates:
        found = User(python)
        with suppress(OSError):
            if found.run("-c", "import luahost.cli, lupa.luajit21, requests").returncode == 0:
                return found
    pytest.skip("an ordinary user can read no interpreter with luahost")


LOOK = """
import os, subprocess, sys
from luahost import Host
from luahost.lua.pool import Pool
pids, take = [], Pool.take
def noted(*words, **options):
    child = take(*words, **options)
    pids.append(child.pid)
    return child
Pool.take = noted
def opened(pid, name):
    try:
        open(f"/proc/{pid}/{name}", "rb").close()
    except PermissionError:
        return "no"
    return "yes"
def look(_):
    print(os.getuid(), *(opened(pids[-1], name) for name in ("mem", "environ", "maps")))
with Host(state=False) as host:
    result = host.run("print(1) docs.list() return 7", on_output=look)
print(result.value, result.meta["seal"])
other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
print(opened(other.pid, "environ"))
other.communicate(b"\\n")
"""


def test_a_scripts_process_is_not_dumpable(user: User) -> None:
    finished = user.run("-c", LOOK)
    uid = NOBODY if ROOT else os.getuid()
    assert finished.stdout.splitlines() == [f"{uid} no no no", "7 full", "yes"], finished.stderr


def test_the_level_of_an_ordinary_user_is_full(user: User) -> None:
    finished = user.run("-m", "luahost", "run", "--require-seal", "full", "--json", "-e", "return 1")
    assert finished.returncode == 0, finished
    assert json.loads(finished.stdout)["meta"]["seal"] == "full"


LIMITED = """
from luahost import Host, Limits
sources = ("local t = {} while true do t[#t + 1] = ('x'):rep(1e5) .. #t end", "while true do pcall(error) end")
for reuse in (1, 3):
    with Host(state=False, reuse=reuse, limits=Limits(cpu=0.2, memory_mib=16)) as host:
        print(*(host.run(source).error.details["limit"] for source in sources), host.run("return 7").value)
"""


def test_the_limits_of_an_ordinary_users_runs_hold(user: User) -> None:
    """The host sets them from outside, for a process that it may not look into."""
    finished = user.run("-c", LIMITED)
    assert finished.stdout.splitlines() == ["memory_mib cpu 7"] * 2, finished.stderr


# -- native code behind the walls ----------------------------------------------------------------------------------

# Does what luahost.lua.worker does; then each child makes one system call, as somebody could who has taken over
# the interpreter. Its exit code is 0, or errno, or the signal that ended it.
PROGRAM = """
import ctypes, json, mmap, os, socket, sys
sys.path[:0] = sys.argv[2:]
from luahost.lua.confine import Walls
left_out, attacks = json.loads(sys.argv[1])
os.chdir("/")
os.closerange(3, 1 << 10)
file = os.open("/dev/zero", os.O_RDONLY)
ends = os.pipe()
tcp = socket.socket()
assert (file, ends, tcp.fileno()) == (3, (4, 5), 6)
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
room = ctypes.create_string_buffer(8192)
page = -(-ctypes.addressof(room) // 4096) * 4096
me, words = os.getpid(), []
walls = Walls()
for name in left_out:
    walls._missing[name] = "left out by a test"
if left_out != ["all"]:
    print(json.dumps(walls.seal(os.getppid()).missing), flush=True)
def attempt(close, user, code, words):
    if user is not None:
        os.setuid(user)
    if close:
        walls.close(me)
    if code:
        ctypes.memmove(page, bytes.fromhex(code), len(code) // 2)
        if libc.syscall(10, ctypes.c_void_p(page), 4096, 5):
            return ctypes.get_errno()
        ctypes.CFUNCTYPE(ctypes.c_long)(page)()
        return 0
    given = [ctypes.c_long({"page": page, "parent": me}.get(word, word)) if isinstance(word, int) or word in
             ("page", "parent") else ctypes.create_string_buffer(bytes.fromhex(word)) for word in words]
    return ctypes.get_errno() if libc.syscall(*given) < 0 else 0
ended = {}
for name, close, user, code, words in attacks:
    pid = os.fork()
    if pid == 0:
        os._exit(attempt(close, user, code, words))
    ended[name] = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
print(json.dumps(ended), flush=True)
os._exit(0)
"""

PAGE = "page"  # the address of a page of memory that is readable and writable
PARENT = "parent"  # the process that has forked this one
HOST_PID = os.getpid()
AT_FDCWD, GARBAGE = -100, 0x7EA5_0000_0000


def text(word: str | bytes) -> str:
    """An argument that is an address of bytes, as the program takes it."""
    return ((word if isinstance(word, bytes) else word.encode()) + b"\0").hex()


# asm/unistd_64.h: the number, then the arguments. Where a wall should fail, none of them does lasting harm.
ATTACKS: dict[str, tuple[int | str, ...]] = {
    # files
    "open": (2, text("/etc/passwd"), 0),
    "openat": (257, AT_FDCWD, text("/etc/passwd"), 0),
    "openat of a file to make": (257, AT_FDCWD, text("/nowhere/made"), 0o101, 0o600),
    "openat of itself in /proc": (257, AT_FDCWD, text("/proc/self/mem"), 2),
    "openat2": (437, AT_FDCWD, text("/etc/passwd"), text(bytes(24)), 24),
    "creat": (85, text("/nowhere/made"), 0o600),
    "stat": (4, text("/etc/passwd"), PAGE),
    "newfstatat": (262, AT_FDCWD, text("/etc/passwd"), PAGE, 0),
    "statx": (332, AT_FDCWD, text("/etc/passwd"), 0, 0xFFF, PAGE),
    "access": (21, text("/etc/passwd"), 0),
    "readlink": (89, text("/proc/self/exe"), PAGE, 100),
    "unlink": (87, text("/nowhere/file")),
    "rename": (82, text("/nowhere/a"), text("/nowhere/b")),
    "mkdir": (83, text("/nowhere/folder"), 0o700),
    "symlink": (88, text("/etc/passwd"), text("/nowhere/link")),
    "truncate": (76, text("/nowhere/file"), 0),
    "chdir": (80, text("/")),
    "chroot": (161, text("/nowhere")),
    "mount": (165, 0, text("/nowhere"), text("proc"), 0, 0),
    "name_to_handle_at": (303, AT_FDCWD, text("/etc/passwd"), PAGE, PAGE, 0),
    "open_by_handle_at": (304, AT_FDCWD, PAGE, 0),
    "memfd_create": (319, text("x"), 0),
    "memfd_secret": (447, 0),
    "inotify_init1": (294, 0),
    # descriptors
    "read of 3": (0, 3, PAGE, 1),
    "read of 1": (0, 1, PAGE, 0),
    "write of 0": (1, 0, PAGE, 0),
    "write of 5": (1, 5, PAGE, 1),
    "write of 5 with rubbish above": (1, GARBAGE | 5, PAGE, 1),
    "pread64 of 0": (17, 0, PAGE, 1, 0),
    "readv of 0": (19, 0, PAGE, 0),
    "writev of 1": (20, 1, PAGE, 0),
    "sendfile": (40, 1, 3, 0, 1),
    "splice": (275, 3, 0, 1, 0, 1, 0),
    "close": (3, 0),
    "dup": (32, 3),
    "dup2": (33, 3, 0),
    "fcntl": (72, 0, 0, 10),
    "ioctl": (16, 0, 0x5412, PAGE),
    "pipe2": (293, PAGE, 0),
    "eventfd2": (290, 0, 0),
    "epoll_create1": (291, 0),
    "sendmsg": (46, 6, PAGE, 0),
    "recvmsg": (47, 0, PAGE, 0),
    # the network
    "socket": (41, 2, 1, 0),
    "socket for datagrams": (41, 2, 2, 0),
    "socket of the machine": (41, 1, 1, 0),
    "socketpair": (53, 1, 1, 0, PAGE),
    "connect": (42, 6, PAGE, 16),
    "bind": (49, 6, PAGE, 16),
    "listen": (50, 6, 1),
    "accept4": (288, 6, 0, 0, 0),
    "sendto": (44, 6, PAGE, 1, 0, 0, 0),
    # processes
    "kill of the parent": (62, PARENT, 0),
    "kill of the host": (62, HOST_PID, 0),
    "tgkill": (234, PARENT, PARENT, 0),
    "pidfd_open": (434, HOST_PID, 0),
    "ptrace of the parent": (101, 16, PARENT, 0, 0),
    "ptrace of the host": (101, 16, HOST_PID, 0, 0),
    "process_vm_readv": (310, HOST_PID, PAGE, 0, PAGE, 0, 0),
    "process_vm_writev": (311, HOST_PID, PAGE, 0, PAGE, 0, 0),
    "fork": (57,),
    "clone": (56, 17, 0, 0, 0, 0),
    "execve": (59, text("/bin/true"), 0, 0),
    "execveat": (322, AT_FDCWD, text("/bin/true"), 0, 0, 0),
    "wait4": (61, -1, 0, 1, 0),
    "getppid": (110,),
    "futex that waits": (202, PAGE, 0x80, 1, 0),
    # memory
    "mmap, writable and executable": (9, 0, 4096, 7, 0x22, -1, 0),
    "mmap, executable": (9, 0, 4096, 5, 0x22, -1, 0),
    "mmap of a file": (9, 0, 4096, 1, 0x2, 3, 0),
    "mprotect, writable and executable": (10, PAGE, 4096, 7),
    "mprotect with rubbish above": (10, PAGE, 4096, GARBAGE | 6),
    "pkey_mprotect": (329, PAGE, 4096, 7, -1),
    "shmget": (29, 0, 4096, 0o600),
    "userfaultfd": (323, 1),
    "process_madvise": (440, 0, PAGE, 1, 0, 0),
    # rights and walls
    "prlimit64": (302, 0, 7, 0, PAGE),
    "setrlimit": (160, 7, PAGE),
    "prctl to be dumpable": (157, 4, 1, 0, 0, 0),
    "prctl without the death signal": (157, 1, 0, 0, 0, 0),
    "prctl of a filter": (157, 22, 2, PAGE, 0, 0),
    "seccomp": (317, 1, 0, PAGE),
    "landlock_create_ruleset": (444, 0, 0, 1),
    "personality": (135, 0xFFFFFFFF),
    "arch_prctl": (158, 0x1003, PAGE),
    "setuid": (105, 0),
    "setresuid": (117, 0, 0, 0),
    "capset": (126, PAGE, PAGE),
    "unshare": (272, 0x10000000),
    "setns": (308, 3, 0),
    "setsid": (112,),
    "sched_setaffinity": (203, 0, 8, PAGE),
    "sched_setscheduler": (144, 0, 0, PAGE),
    "rt_sigaction": (13, 10, 0, PAGE, 8),
    "keyctl": (250, 0, -3, 0),
    "add_key": (248, text("user"), text("x"), PAGE, 1, -3),
    # the kernel's own machinery
    "io_uring_setup": (425, 1, PAGE),
    "bpf": (321, 0, PAGE, 16),
    "perf_event_open": (298, PAGE, 0, -1, -1, 0),
    "init_module": (175, 0, 0, text("")),
    "finit_module": (313, 3, text(""), 0),
    "kexec_load": (246, 0, 99, 0, 0),
    "reboot": (169, 0, 0, 0, 0),
    "sysinfo": (99, PAGE),
    "uname": (63, PAGE),
    "a call that is not there": (600,),
    "a call of x32": (0x40000000 | 1, 1, PAGE, 0),
    "the call -1": (-1,),
}
# int 0x80 with eax = 20, which is getpid on i386; it does not even exist where the kernel has no 32-bit calls
CODE = {"a 32-bit call": "b814000000cd80c3"}
HARMLESS: dict[str, tuple[int | str, ...]] = {
    "read of 0": (0, 0, PAGE, 0),
    "read of 0 with rubbish above": (0, GARBAGE, PAGE, 0),
    "write of 1": (1, 1, PAGE, 0),
    "mmap": (9, 0, 4096, 3, 0x22, -1, 0),
    "mprotect to executable": (10, PAGE, 4096, 5),
    "futex that wakes": (202, PAGE, 0x81, 1, 0),
    "getrandom": (318, PAGE, 8, 0),
    "clock_gettime": (228, 0, PAGE),
}
FAMILY, LOOPBACK = socket.AF_INET.to_bytes(2, sys.byteorder), socket.inet_aton("127.0.0.1")


def attempted(
    attacks: dict[str, tuple[int | str, ...]],
    left_out: tuple[str, ...] = (),
    *,
    close: bool = True,
    user: int | None = None,
) -> tuple[dict[str, int], dict[str, str]]:
    """How each attack ended, and which walls were missing. `close` says whether the last ones are put up too."""
    listed: list[Any] = [(name, close, user, None, words) for name, words in attacks.items()]
    listed += [(name, close, user, code, ()) for name, code in CODE.items() if attacks is ATTACKS]
    command = [sys.executable, "-I", "-S", "-c", PROGRAM, json.dumps([left_out, listed]), *FOLDERS]
    finished = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False)
    assert finished.returncode == 0, finished.stderr
    missing, *ended = map(
        json.loads, finished.stdout.splitlines() if left_out != ("all",) else [b"{}", finished.stdout]
    )
    return ended[0], missing


@pytest.fixture(scope="module")
def sealed() -> dict[str, int]:
    """How the attacks end with all walls."""
    ended, missing = attempted(ATTACKS)
    assert missing == {}
    return ended


@native
@pytest.mark.parametrize("name", ATTACKS)
def test_the_kernel_ends_native_code_that_tries(sealed: dict[str, int], name: str) -> None:
    assert sealed[name] == -signal.SIGSYS


@native
def test_the_kernel_ends_native_code_that_makes_calls_of_32_bits(sealed: dict[str, int]) -> None:
    assert {sealed[name] for name in CODE} <= {-signal.SIGSYS, -signal.SIGSEGV}


@native
def test_clone3_is_not_there(sealed: dict[str, int]) -> None:
    assert attempted({"clone3": (435, PAGE, 64)})[0] == {"clone3": errno.ENOSYS}


@native
@pytest.mark.parametrize("name", HARMLESS)
def test_what_a_script_needs_is_allowed(name: str) -> None:
    assert attempted({name: HARMLESS[name]})[0] == {name: 0}


# -- each wall alone -----------------------------------------------------------------------------------------------


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def reach(server: socket.socket) -> dict[str, tuple[int | str, ...]]:
    """What leads out of a process without seccomp."""
    port = server.getsockname()[1].to_bytes(2, "big")
    return {
        "open": ATTACKS["open"],
        "openat": ATTACKS["openat"],
        "make a file": (257, AT_FDCWD, text("/dev/shm/luahost-made"), 0o101, 0o600),
        "open of a folder": (257, AT_FDCWD, text("/"), 0o200000),
        "execve": ATTACKS["execve"],
        "truncate": (76, text("/dev/null"), 0),
        "bind": (49, 6, text(FAMILY + bytes(2) + LOOPBACK + bytes(8)), 16),
        "connect": (42, 6, text(FAMILY + port + LOOPBACK + bytes(8)), 16),
        "kill of the host": ATTACKS["kill of the host"],
    }


@native
def test_without_walls_the_attacks_succeed(listener: socket.socket) -> None:
    """Otherwise the tests below would show nothing."""
    attacks = reach(listener)
    del attacks["truncate"]  # what Landlock denies, a device refuses with another error
    try:
        assert attempted(attacks, ("all",), close=False)[0] == dict.fromkeys(attacks, 0)
    finally:
        Path("/dev/shm/luahost-made").unlink()


@native
@pytest.mark.parametrize(
    ("name", "refusal"),
    [
        ("open", errno.EACCES),
        ("openat", errno.EACCES),
        ("make a file", errno.EACCES),
        ("open of a folder", errno.EACCES),
        ("execve", errno.EACCES),
        ("connect", errno.EACCES),
        ("bind", errno.EACCES),
        ("kill of the host", errno.EPERM),
    ],
)
def test_landlock_alone_refuses(listener: socket.socket, name: str, refusal: int) -> None:
    ended, missing = attempted({name: reach(listener)[name]}, ("seccomp", "rlimits"), close=False)
    assert (ended, set(missing)) == ({name: refusal}, {"seccomp", "rlimits"})


@native
@pytest.mark.parametrize("name", ["open", "openat", "dup", "socket", "memfd_create", "pipe2", "eventfd2"])
def test_the_kernels_limits_alone_give_no_further_descriptor(name: str) -> None:
    ended, missing = attempted({name: ATTACKS[name]}, ("seccomp", "landlock"))
    assert (ended, set(missing)) == ({name: errno.EMFILE}, {"seccomp", "landlock"})


@native
def test_the_kernels_limits_alone_give_an_ordinary_user_no_further_process() -> None:
    ended, _ = attempted({"fork": ATTACKS["fork"]}, ("seccomp", "landlock"), user=ORDINARY)
    assert ended == {"fork": errno.EAGAIN}


@native
@pytest.mark.parametrize("limit", [1, 4, 6, 7], ids=["file size", "core", "processes", "files"])
def test_an_ordinary_user_cannot_raise_the_kernels_limits_again(limit: int) -> None:
    attack: dict[str, tuple[int | str, ...]] = {"setrlimit": (160, limit, text((8).to_bytes(8, "little") * 2))}
    ended, _ = attempted(attack, ("seccomp", "landlock"), user=ORDINARY)
    assert ended == {"setrlimit": errno.EPERM}


# -- systems with fewer walls --------------------------------------------------------------------------------------

PRCTL, SECCOMP, PRLIMIT = 157, 317, 302
CALLS = {"landlock": range(444, 447), "seccomp": [SECCOMP], "rlimits": [PRLIMIT]}
OPTIONS = {"parent_death_signal": 1, "not_dumpable": 4, "seccomp": 22, "no_new_privs": 38}

# Runs luahost where the kernel answers some calls with an error, as one that does not have them does.
LESS = """
import ctypes, os, sys
text = bytes.fromhex(sys.argv[1])
class Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))
libc = ctypes.CDLL(None, use_errno=True)
made = ctypes.byref(Program(len(text) // 8, text))
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, made, 0, 0) == 0, os.strerror(ctypes.get_errno())
os.execv(sys.executable, [sys.executable, "-m", "luahost", *sys.argv[2:]])
"""


def without(walls: tuple[str, ...], error: int) -> str:
    """A filter that answers the calls which put up these walls with an error."""
    made = bpf.instruction
    refuse, allow = made(bpf.RETURN, bpf.ERRNO | error), made(bpf.RETURN, bpf.ALLOW)
    calls = [call for wall, calls in CALLS.items() if wall in walls for call in calls]
    options = [option for wall, option in OPTIONS.items() if wall in walls]
    lines = [made(bpf.LOAD, bpf.NUMBER_AT)]
    for call in calls:
        lines += [made(bpf.EQUAL, call, 0, 1), refuse]
    lines += [made(bpf.EQUAL, PRCTL, 1, 0), allow, made(bpf.LOAD, bpf.ARGUMENTS_AT)]
    for option in options:
        lines += [made(bpf.EQUAL, option, 0, 1), refuse]
    text = b"".join([*lines, allow])
    bpf.Program(text)
    return text.hex()


class Less:
    """`luahost` on a system without some walls."""

    def __init__(self, command: Command) -> None:
        self._command = command

    def __call__(self, walls: tuple[str, ...], *words: str, error: int = errno.ENOSYS) -> Finished:
        return self._command(without(walls, error), *words)


@pytest.fixture
def less(luahost: Command, monkeypatch: pytest.MonkeyPatch) -> Less:
    start = subprocess.Popen

    def started(words: list[str], **options: Any) -> subprocess.Popen[bytes]:
        assert words[1:3] == ["-m", "luahost"]
        return start([sys.executable, "-c", LESS, *words[3:]], **options)

    monkeypatch.setattr(subprocess, "Popen", started)
    return Less(luahost)


TOGETHER = [
    ("landlock",),
    ("seccomp",),
    ("landlock", "seccomp"),
    ("no_new_privs",),
    ("not_dumpable",),
    ("parent_death_signal",),
]
EVERY = ("no_new_privs", "not_dumpable", "parent_death_signal", "landlock", "seccomp")
SOURCE = "for i = 1, 3 do print(i) end local s = ('x'):rep(1e6) docs.list() return #s"


@native
@pytest.mark.parametrize("walls", TOGETHER, ids="+".join)
def test_scripts_run_without_a_wall_and_it_is_named(less: Less, walls: tuple[str, ...]) -> None:
    finished = less(walls, "run", "--json", "-e", SOURCE)
    assert finished.code == 0, finished
    assert (finished.json["output"], finished.json["values"]) == ("1\n2\n3\n", [1000000])
    meta = finished.json["meta"]
    assert meta["seal"] == "partial"
    assert meta["missing_walls"] == dict.fromkeys(walls, os.strerror(errno.ENOSYS))


@native
def test_a_system_that_refuses_the_kernels_limits_gives_an_error_that_says_so(less: Less) -> None:
    """No other wall stands in for them: memory would have no limit."""
    finished = less(("rlimits",), "run", "--json", "-e", "return 1")
    assert (finished.code, finished.json["error"]["code"]) == (6, "internal_error")
    assert "limits" in finished.json["error"]["message"]
    found = less(("rlimits",), "doctor", "--json")
    assert (found.code, found.json["isolation"]["process"]["works"]) == (1, False)


@native
@pytest.mark.parametrize("error", [errno.EPERM, errno.EOPNOTSUPP, errno.EINVAL])
def test_the_reason_is_the_systems_own(less: Less, error: int) -> None:
    walls = ("landlock", "seccomp")
    finished = less(walls, "run", "--json", "-e", "return 1", error=error)
    assert finished.json["meta"]["missing_walls"] == dict.fromkeys(walls, os.strerror(error))


@native
def test_without_any_wall_the_level_is_none_and_scripts_run(less: Less) -> None:
    finished = less(EVERY, "run", "--json", "-e", SOURCE)
    assert (finished.code, finished.json["values"]) == (0, [1000000]), finished
    meta = finished.json["meta"]
    assert (meta["seal"], set(meta["missing_walls"])) == ("none", set(EVERY))


@native
@pytest.mark.parametrize("walls", [*TOGETHER, EVERY], ids="+".join)
def test_doctor_shows_the_level_and_what_is_missing(less: Less, walls: tuple[str, ...]) -> None:
    finished = less(walls, "doctor", "--json", error=errno.EPERM)
    found = finished.json["isolation"]["process"]
    assert found["works"], finished
    assert found["seal"] == ("none" if walls == EVERY else "partial")
    assert found["missing_walls"] == dict.fromkeys(walls, os.strerror(errno.EPERM))


@native
def test_doctor_says_it_in_words_too(less: Less) -> None:
    finished = less(("landlock",), "doctor")
    (line,) = [line for line in finished.out.splitlines() if line.startswith("isolation process")]
    assert "seal partial" in line
    assert "without landlock: Function not implemented" in finished.out.replace("\n", " ")


@native
@pytest.mark.parametrize(
    ("walls", "required", "refused"),
    [
        (("landlock",), "full", True),
        (("seccomp",), "full", True),
        (("landlock",), "partial", False),
        (("landlock", "seccomp"), "partial", False),
        (EVERY, "partial", True),
        (EVERY, "none", False),
    ],
)
def test_less_than_what_is_required_is_refused(
    less: Less, walls: tuple[str, ...], required: str, refused: bool
) -> None:
    finished = less(walls, "run", "--require-seal", required, "-e", "print('it ran')")
    assert (finished.code != 0, "it ran" in finished.out) == (refused, not refused), finished
    if refused:
        assert required in finished.err
        assert all(wall in finished.err for wall in walls)
        assert "Traceback" not in finished.err


@native
def test_a_refusal_is_an_error_for_programs_too(less: Less) -> None:
    finished = less(("seccomp",), "run", "--require-seal", "full", "--json", "-e", "print('it ran')")
    assert (finished.json["ok"], finished.json["output"]) == (False, "")
    assert finished.json["error"]["code"] == Unsupported.code
    assert finished.json["meta"]["seal"] == "partial"


def test_a_full_seal_can_be_required_here(luahost: Command) -> None:
    finished = luahost("run", "--require-seal", "full", "-e", "print('it ran')")
    assert (finished.code, finished.out) == (0, "it ran\n"), finished


@pytest.mark.parametrize("seal", ["", "all", "FULL", "no"])
def test_a_level_that_is_none_is_wrong_usage(luahost: Command, seal: str) -> None:
    with pytest.raises(UsageError):
        Host(state=False, require_seal=seal)
    assert luahost("run", "--require-seal", seal, "-e", "").code == 2


def test_isolation_none_has_no_seal(luahost: Command) -> None:
    with Host(state=False, isolation="none") as host:
        assert host.run("return 1").meta["seal"] == "none"
    with pytest.raises(UsageError):
        Host(state=False, isolation="none", require_seal="partial")
    assert luahost("run", "--isolation", "none", "--require-seal", "full", "-e", "").code == 2


# -- the seal as a value -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("missing", "level"),
    [
        ((), "full"),
        (("landlock",), "partial"),
        (("landlock", "seccomp"), "partial"),
        (EVERY[:4], "partial"),
        (EVERY, "none"),
        (confine.WALLS, "none"),
    ],
)
def test_a_level_says_how_many_walls_stand(missing: tuple[str, ...], level: str) -> None:
    seal = Seal(dict.fromkeys(missing, "why not"))
    assert seal.level == level
    assert [required for required in confine.LEVELS if seal.satisfies(required)] == list(
        confine.LEVELS[: confine.LEVELS.index(level) + 1]
    )
    assert Seal.decode(seal.encode()).missing == seal.missing
    assert str(seal).startswith(level)
    assert all(f"{wall} (why not)" in str(seal) for wall in missing)


# Runs walls.lua in a state of its own, as confine.py does, with a version of Landlock that is not the newest.
OLDER = """
import ctypes, json, os, socket, sys
sys.path[:0] = sys.argv[3:]
from lupa.luajit21 import LuaRuntime
from luahost.lua.engine import read
version, attacks = json.loads(sys.argv[1])
state = LuaRuntime(encoding=None, register_eval=False, register_builtins=False)
state.execute(read("walls"))
libc = ctypes.CDLL(None, use_errno=True)
tcp = socket.socket()
def tried(result): return ctypes.get_errno() if result < 0 else 0
assert state.execute(b"return no_new_privs()") == 0
assert state.execute(b"return landlock(...)", version) == 0
port, file, pid = attacks
ended = dict(
    open=tried(libc.open(b"/etc/passwd", 0)),
    truncate=tried(libc.truncate(file.encode(), ctypes.c_long(0))),
    connect=tcp.connect_ex(("127.0.0.1", port)),
    kill=tried(libc.kill(pid, 0)),
)
print(json.dumps(ended))
"""


@native
@pytest.mark.parametrize("version", range(1, 8))
def test_landlock_denies_all_that_its_version_knows(listener: socket.socket, tmp_path: Path, version: int) -> None:
    """Truncation from version 3, TCP from 4, signals from 6."""
    file = tmp_path / "file"
    file.write_text("x")
    words = json.dumps([version, [listener.getsockname()[1], str(file), HOST_PID]])
    command = [sys.executable, "-I", "-S", "-c", OLDER, words, "", *FOLDERS]
    found = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=20).stdout)
    assert found == {
        "open": errno.EACCES,
        "truncate": errno.EACCES if version >= 3 else 0,
        "connect": errno.EACCES if version >= 4 else 0,
        "kill": errno.EPERM if version >= 6 else 0,
    }


class Answers:
    """In the place of the state that makes the calls: a kernel that gives a version, and takes everything."""

    def __init__(self, version: int) -> None:
        self.version = version

    def execute(self, code: bytes, *_: object) -> int:
        return self.version if code == b"return landlock_version()" else 0


@pytest.mark.parametrize(
    ("version", "why"),
    [
        (1, "version 1 of 6"),
        (5, "version 5 of 6"),
        (6, None),
        (7, None),
        (20, None),
        (-errno.ENOSYS, "Function not implemented"),
        (-errno.EOPNOTSUPP, "Operation not supported"),
    ],
)
def test_an_older_version_of_landlock_is_named(monkeypatch: pytest.MonkeyPatch, version: int, why: str | None) -> None:
    monkeypatch.setattr(confine, "_lasting_limits", lambda: None)  # this process keeps its own
    walls = confine.Walls()
    monkeypatch.setattr(walls, "_calls", Answers(version))
    seal = walls.seal(os.getppid())
    assert seal.level == ("partial" if why else "full")
    assert why is None or seal.missing["landlock"].startswith(why)


def test_a_machine_without_a_filter_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("luahost.lua.seccomp.ARCHITECTURES", {})
    assert confine.Walls()._missing == {"seccomp": f"no filter for {platform.machine()}"}


def test_another_system_has_the_kernels_limits_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    missing = confine.Walls()._missing
    assert set(missing) == set(EVERY)
    assert Seal(missing).level == "none"
