"""Where the tricks are tried: a Devin on loopback whose keys are canaries, a host in each mode, and what looks
for the canaries afterwards."""

from __future__ import annotations

import inspect
import json
import logging
import os
import re
import threading
import traceback
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Any, Self

import pytest

from luahost import Host, Limits, Policy
from luahost.calls.settings import Settings
from luahost.integrations.devin.simulator import RealClock, Simulator
from luahost.integrations.devin.simulator.server import Server
from luahost.lua.lasting import LastingState
from tests.processes import PROC, descendants, stat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from luahost.results import Result

CANARY = "n0b0dy5h0u1d5ee7h15"
ENVIRONMENT = {
    "DEVIN_API_KEY": f"cog_vendor{CANARY}",
    "LUAHOST_DEVIN_API_KEY": f"cog_general{CANARY}",
    "LUAHOST_DEVIN_WORK_API_KEY": f"cog_working{CANARY}",
}
LIMITS = Limits(cpu=5, wall=30, memory_mib=64)
MODES = ("process", "reuse", "none", "lasting")
ADDRESS = re.compile(r"0x[0-9a-fA-F]{6,16}|\b(?:table|function|thread|userdata|cdata|builtin\S*): [0-9a-fA-F]{6,16}\b")
INSIDE = re.compile(r"\[luahost \w+\]|Traceback \(most|site-packages|lupa|LuaError|/luahost/\w+/|<python>")

# What a run must not change for the next one: everything that a script can see of its surroundings.
FINGERPRINT = r"""
local function sorted(t)
  local names = {}
  for name in pairs(t) do names[#names + 1] = tostring(name) end
  table.sort(names)
  return table.concat(names, " ")
end
print("globals", sorted(_G))
for _, name in ipairs{"bit", "coroutine", "docs", "json", "math", "os", "string", "table"} do
  print(name, sorted(_G[name]), type(_G[name]), getmetatable(_G[name]) ~= nil)
  for key, value in pairs(_G[name]) do
    if name ~= "math" and name ~= "json" and type(value) ~= "function" then print("not a function", name, key) end
  end
end
print("absent", io, debug, package, ffi, jit, python, getfenv, setfenv, loadstring, dofile, collectgarbage, newproxy)
print("outer", load("return x, debug, print, _G, string", "n", "t", nil)())
print("text", ("x"):upper(), ("%d"):format(3), ("a,b"):gsub(",", ";"), #("x"):rep(3), tostring({}), tostring({1}))
print("metatables", getmetatable(""), getmetatable(nil), getmetatable(1), getmetatable(print), getmetatable(true))
print("locale", os.date("!%A %B", 0), tostring(1.5), tonumber("1.5"), ("É"):lower() == "É", os.time() > 1e9)
print("pcall", pcall(error, "e"))
print("error", pcall(error, {code = 1}))
print("xpcall", xpcall(error, function(e) return "h:" .. e end, "e"))
print("error at a line", select(2, pcall(function() error("here") end)))
print("json", json.encode(json.decode('{"b":[1,[],{}],"a":null,"c":"\\u00e9"}')), json.encode(json.array{}))
print("null", json.null, tostring(json.null), json.decode("[null]")[1] == json.null)
print("numbers", 1e15, 2^53, 0.1, -0.0, 1/0, math.pi, math.max(1, 2), bit.band(6, 3), 7 % 3)
local co = coroutine.wrap(function(a) local b = coroutine.yield(a + 1) return b * 2 end)
print("coroutine", co(1), co(5), coroutine.running())
print("table", table.concat({1, 2, 3}, "-"), unpack({1, 2}), next({}), rawlen({1}), select("#", nil, nil))
print("app", sorted(app), sorted(app.integrations), sorted(app.integrations.devin))
print("read-only", select(2, pcall(function() app.x = 1 end)))
print("args", args.n, #arg)
local found = app.integrations.devin.get_session("sess_abc123")
print("call", found.session_id, type(found.status))
print("account", app.integrations.devin.work.get_session("sess_abc123").session_id)
local _, e = pcall(app.integrations.devin.get_session, {session_id = "nosuch"})
print("api error", e.code, e.status, e.call, e.account, getmetatable(e))
print("bad call", select(2, pcall(app.integrations.devin.get_session, {})))
print("require", pcall(require, "nosuch"), require("json") == json)
"""
FINGERPRINT_OPTIONS: dict[str, Any] = {"name": "fingerprint.lua", "args": {"n": 1}, "words": ["w"]}


class Devin:
    """The simulator, under keys that are canaries. It notes every request, and whose key came with it."""

    def __init__(self) -> None:
        self.simulator = Simulator(clock=RealClock())
        self.keys = {account: f"cog_{account}{CANARY}" for account in self.simulator.keys["v3"]}
        self.requests: list[str] = []

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        query = environ.get("QUERY_STRING", "")
        line = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}" + (f"?{query}" if query else "")
        self.requests.append(line)
        for account, key in self.keys.items():
            if environ.get("HTTP_AUTHORIZATION") == f"Bearer {key}":
                environ["HTTP_AUTHORIZATION"] = f"Bearer {self.simulator.keys['v3'][account]}"
        return self.simulator(environ, start_response)


class Elsewhere:
    """A server that no trick may bring the host to talk to."""

    def __init__(self) -> None:
        self.requests: list[str] = []

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.requests.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
        start_response("200 OK", [("content-type", "application/json")])
        return [b"{}"]


class Site:
    """A long-lived host for each mode, all with the same Devin; made when first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.devin = Devin()
        self.elsewhere = Elsewhere()
        self.modules = _make_modules(folder)
        self._servers = [Server(self.devin), Server(self.elsewhere)]
        self._hosts: dict[str, Host] = {}
        self._clean: dict[str, str] = {}
        self.processes = Processes()
        self.files_before = self.files()

    def files(self) -> set[Path]:
        """Every file and link near the hosts, but for what lies in their state folders."""
        return {file for file in self.folder.rglob("*") if "state" not in file.relative_to(self.folder).parts}

    def __enter__(self) -> Self:
        for server in self._servers:
            server.start()
        return self

    def __exit__(self, *_: object) -> None:
        for mode in list(self._hosts):
            self.forget(mode)
        for server in self._servers:
            server.close()

    @property
    def url(self) -> str:
        return self._servers[0].url

    @property
    def elsewhere_url(self) -> str:
        return self._servers[1].url

    def new_host(self, mode: str, name: str) -> Host:
        """A host of its own, with a state folder called `name`; the caller closes it."""
        org_id = self.devin.simulator.org_id
        accounts = {
            account: {"api_key": key, "base_url": self.url, "org_id": org_id}
            for account, key in self.devin.keys.items()
        }
        options: dict[str, Any] = {"isolation": "none"} if mode == "none" else {}
        if mode == "reuse" and "reuse" in inspect.signature(Host).parameters:
            options["reuse"] = 20
        return Host(
            accounts={"devin": accounts},
            policy=Policy(read="allow", write="allow"),
            limits=LIMITS,
            state=self.folder / "state" / name,
            settings=Settings(dict(ENVIRONMENT), str(self.folder), str(self.folder)),
            **options,
        )

    def host(self, mode: str) -> Host:
        """The long-lived host of a mode."""
        if mode not in self._hosts:
            self._hosts[mode] = self.new_host(mode, mode)
        return self._hosts[mode]

    def forget(self, mode: str) -> None:
        """Close a mode's host; the next trick gets a new one."""
        self._hosts.pop(mode).close()

    def clean_fingerprint(self, mode: str) -> str:
        """What the fingerprint script prints on a host that has run nothing."""
        if mode not in self._clean:
            with self.new_host(mode, f"fresh-{mode}") as host:
                result = host.run(FINGERPRINT, **FINGERPRINT_OPTIONS)
            assert result.error is None, result.error.fields()
            self._clean[mode] = result.output
        return self._clean[mode]


def _make_modules(folder: Path) -> Path:
    """A folder for `require`, with links that lead out of it to files which hold the canary."""
    modules, outside = folder / "modules", folder / "outside"
    for each in (modules / "sub", outside):
        each.mkdir(parents=True)
    secret = f"return 'outside {CANARY}'\n"
    (outside / "secret.lua").write_text(secret)
    (outside / "config.toml").write_text(secret)
    (folder / "beside.lua").write_text(secret)
    (modules / "inside.lua").write_text("return {name = ..., globals = _G}\n")
    (modules / "sub" / "deep.lua").write_text("return 'deep'\n")
    (modules / "hidden.txt").write_text(secret)
    (modules / "linked.lua").symlink_to(outside / "secret.lua")
    (modules / "linked_folder").symlink_to(outside)
    (modules / "environ.lua").symlink_to("/proc/self/environ")
    (modules / "device.lua").symlink_to("/dev/zero")
    (modules / "loop.lua").symlink_to("loop.lua")
    (modules / "a_folder.lua").mkdir()
    os.mkfifo(modules / "pipe.lua")
    (modules / "bytecode.lua").write_bytes(b"\x1bLJ\x02")
    (modules / "prints.lua").write_text("print('loaded') error('in the module')\n")
    return modules


# -- what must not be found ---------------------------------------------------------------------------------------


def everything_shown(result: Result, streamed: bytes, said: Iterable[str]) -> str:
    """All that a program or a person could see of a run."""
    parts = [json.dumps(result.as_dict(), default=repr, ensure_ascii=False), repr(result), result.output]
    parts += [streamed.decode("utf-8", "replace"), *said]
    for record in result.calls:
        parts += [repr(record), repr(record.as_dict())]
    if result.error is not None:
        parts += [repr(result.error), str(result.error), repr(result.error.args), repr(vars(result.error))]
        parts += traceback.format_exception(result.error)
    return "\n".join(parts)


def holds_canary(text: str | bytes) -> bool:
    """Whether the canary stands in it, in either case, forwards or backwards."""
    lower = text.encode("utf-8", "replace").lower() if isinstance(text, str) else text.lower()
    return CANARY.encode() in lower or CANARY[::-1].encode() in lower


class Processes:
    """The processes that this one has started, and what lies in their memory."""

    def __init__(self) -> None:
        self._seen: dict[int, tuple[str, ...]] = {}

    def with_canary(self) -> list[str]:
        """Where in them the canary lies. One that has not run since it was last looked at is not read again."""
        found = []
        for pid in descendants(os.getpid()):
            state = _progress(pid)
            if self._seen.get(pid) != state:
                found += _places(pid)
                self._seen[pid] = state
        return found


def _progress(pid: int) -> tuple[str, ...]:
    """Changes whenever the process has run."""
    with suppress(OSError, IndexError):
        started = stat(pid)[19]
        switches = [
            line
            for task in (PROC / str(pid) / "task").iterdir()
            for line in (task / "status").read_text("utf-8", "replace").splitlines()
            if "ctxt_switches" in line
        ]
        return (started, *switches)
    return ()


def _places(pid: int) -> list[str]:
    found = []
    for name in ("environ", "cmdline"):
        with suppress(OSError):
            if holds_canary((PROC / str(pid) / name).read_bytes()):
                found.append(f"{pid} {name}")
    with suppress(OSError), (PROC / str(pid) / "mem").open("rb", buffering=0) as memory:
        for line in (PROC / str(pid) / "maps").read_text("utf-8", "replace").splitlines():
            words = line.split(maxsplit=5)
            file = words[5] if len(words) > 5 else ""
            if words[1][0] != "r" or (words[1][1] != "w" and file.startswith("/")) or file in ("[vvar]", "[vsyscall]"):
                continue
            start, end = (int(word, 16) for word in words[0].split("-"))
            with suppress(OSError, OverflowError):
                if CANARY.encode() in os.pread(memory.fileno(), end - start, start):
                    found.append(f"{pid} memory at {line}")
    return found


# -- one trick ----------------------------------------------------------------------------------------------------


class Attempt:
    """One run of a hostile script, all that could be seen of it, and what the next run sees."""

    limits = LIMITS

    def __init__(self, site: Site, mode: str) -> None:
        self._site = site
        self._mode = mode
        self._said: list[str] = []
        self._streamed: list[bytes] = []
        self._found_in_memory: list[str] = []
        self.requests: list[str] = []
        self.result: Result
        self.next: Result

    def run(self, source: bytes, limits: Limits, **options: Any) -> None:
        """Run it, and the fingerprint after it; fails when they have not come back long after their limits."""
        host, devin = self._site.host(self._mode), self._site.devin
        outcome: list[BaseException] = []

        def work() -> None:
            try:
                before = len(devin.requests)
                with LastingState() if self._mode == "lasting" else nullcontext() as state:
                    self.result = host.run(
                        source,
                        limits=limits,
                        on_output=self._look,
                        on_notice=self._said.append,
                        lasting=state,
                        **options,
                    )
                self.requests = devin.requests[before:]
                devin.simulator.clear_faults()
                # At once: before anything can have been tidied up.
                self.next = host.run(FINGERPRINT, **FINGERPRINT_OPTIONS)
            except BaseException as error:  # noqa: BLE001 (raised again below)
                outcome.append(error)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        thread.join((limits.wall or 30) + 20)
        if thread.is_alive():
            pytest.fail("the host did not come back from the run")
        if outcome:
            raise outcome[0]

    def _look(self, text: bytes) -> None:
        """While the script's process is still there: it has printed something."""
        self._streamed.append(text)
        if len(self._streamed) == 1:
            self._found_in_memory += self._site.processes.with_canary()

    def shown(self) -> str:
        return everything_shown(self.result, b"".join(self._streamed), self._said)

    def assert_no_file_appeared(self) -> None:
        assert self._site.files() == self._site.files_before

    def assert_nothing_leaked(self, caplog: pytest.LogCaptureFixture) -> None:
        logged = [f"{record.getMessage()} {record.args!r} {record.exc_text}" for record in caplog.records]
        for place, text in {"the run": self.shown(), "the log": caplog.text + "\n".join(logged)}.items():
            assert not holds_canary(text), f"the canary is in {place}"
        for file in (self._site.folder / "state").rglob("*"):
            assert not holds_canary(str(file))
            assert not (file.is_file() and holds_canary(file.read_bytes())), file
        assert self._found_in_memory + self._site.processes.with_canary() == []
        assert self._site.elsewhere.requests == []

    def assert_nothing_inside_is_shown(self) -> None:
        """Neither addresses, which defeat the layout's randomness, nor names of the host's own parts."""
        error = self.result.error
        texts = [self.result.output, json.dumps(self.result.values)]
        if error is not None:
            texts += [str(error.message), str(error.hint), str(error.traceback), json.dumps(error.details)]
        for text in texts:
            assert not ADDRESS.search(text), ADDRESS.findall(text)
            assert not INSIDE.search(text), INSIDE.findall(text)

    def assert_the_next_run_is_clean(self) -> None:
        assert self.next.error is None, self.next.error.fields()
        assert self.next.output == self._site.clean_fingerprint(self._mode)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The hosts and their Devin, for all tricks of one file."""
    with Site(tmp_path_factory.mktemp("site")) as made:
        yield made


@pytest.fixture
def attempt(
    site: Site, home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> Iterator[Callable[[str], Attempt]]:
    """Makes an attempt on the host of a mode. Keys lie in this process's environment meanwhile."""
    caplog.set_level(logging.DEBUG)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    yield lambda mode: Attempt(site, mode)
    site.devin.simulator.clear_faults()


@pytest.fixture
def fail_requests(site: Site) -> Callable[[Mapping[str, Any]], None]:
    """Adds a fault to the simulator. In its texts {key} is the default key, {escaped} the same as JSON may write it,
    {elsewhere} another server's address.
    """
    key = site.devin.keys["default"]
    words = {"{key}": key, "{escaped}": "".join(f"\\u{ord(c):04x}" for c in key), "{elsewhere}": site.elsewhere_url}

    def filled(value: Any) -> Any:
        if isinstance(value, str):
            for word, meaning in words.items():
                value = value.replace(word, meaning)
            return value
        if isinstance(value, dict):
            return {filled(name): filled(each) for name, each in value.items()}
        return [filled(each) for each in value] if isinstance(value, list) else value

    return lambda rule: site.devin.simulator.fail(**filled(dict(rule)))
