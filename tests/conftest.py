"""What all tests share: an empty home, no credential from outside, and ways to run scripts and commands."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from luahost import Host, Policy
from luahost.integrations.devin.simulator import RealClock, Simulator
from luahost.integrations.devin.simulator.server import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# Where a shell has started the tests in the background, Ctrl-C is ignored, and every child would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

ALLOW = Policy(read="allow", write="allow")
PROXIES = {"http_proxy", "https_proxy", "all_proxy", "no_proxy"}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home of its own for each test, and no key, proxy or keyring from outside."""
    for name in list(os.environ):
        if name.startswith(("LUAHOST_", "DEVIN_")) or name.lower() in PROXIES:
            monkeypatch.delenv(name)
    folder = tmp_path / "home"
    monkeypatch.setenv("LUAHOST_HOME", str(folder))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    return folder


@pytest.fixture(params=["process", "none"])
def isolation(request: pytest.FixtureRequest) -> str:
    """Both kinds of isolation: one set of tests for both."""
    return str(request.param)


@pytest.fixture
def host(isolation: str) -> Iterator[Host]:
    """A host with the simulator, where everything is allowed, in both kinds of isolation."""
    with Host(simulate=True, policy=ALLOW, isolation=isolation) as made:
        yield made


@pytest.fixture
def simulator() -> Simulator:
    """A simulator that goes by the machine's clock, for real servers."""
    return Simulator(clock=RealClock())


@pytest.fixture
def server(simulator: Simulator) -> Iterator[Server]:
    """The simulator as a real server on loopback."""
    with Server(simulator) as running:
        yield running


@pytest.fixture
def accounts(simulator: Simulator, server: Server) -> Callable[..., dict[str, Any]]:
    """Accounts for `Host(accounts=…)` that use the server, on either version of the API."""

    def make(version: str = "v3") -> dict[str, Any]:
        keys = simulator.keys[version]
        return {"devin": {name: {"api_key": key, "base_url": server.url} for name, key in keys.items()}}

    return make


class Packages:
    """Packages that are as good as installed, in this process and in those that it starts."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        folder.mkdir()
        monkeypatch.syspath_prepend(str(folder))
        before = os.environ.get("PYTHONPATH")
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(folder), before))))

    def install(self, name: str, code: str, *, brings: str, module: str | None = None) -> None:
        """A package `name` of one module, whose entry point `brings` an integration: as in "shop = the_shop:SHOP"."""
        module = module or brings.partition("=")[2].strip().partition(":")[0]
        (self._folder / f"{module}.py").write_text(code, "utf-8")
        about = self._folder / f"{name.replace('-', '_')}-1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", "utf-8")
        (about / "entry_points.txt").write_text(f"[luahost.integrations]\n{brings}\n", "utf-8")


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Packages]:
    """Where packages can be installed that bring integrations."""
    known = set(sys.modules)
    yield Packages(tmp_path / "packages", monkeypatch)
    for name in set(sys.modules) - known:
        if getattr(sys.modules[name], "__file__", None) and str(tmp_path) in str(sys.modules[name].__file__):
            del sys.modules[name]


class Command:
    """Runs `luahost` as a process of its own."""

    def __init__(self, env: dict[str, str]) -> None:
        self.env = env

    def start(self, *words: str, **options: Any) -> subprocess.Popen[bytes]:
        """A process that runs on; whoever starts it ends it."""
        env = {**os.environ, **self.env, **options.pop("env", {})}
        return subprocess.Popen([sys.executable, "-m", "luahost", *words], env=env, **options)

    def __call__(
        self, *words: str, stdin: bytes = b"", env: dict[str, str] | None = None, timeout: float = 60, **options: Any
    ) -> Finished:
        pipe = subprocess.PIPE
        process = self.start(*words, env=env or {}, stdin=pipe, stdout=pipe, stderr=pipe, **options)
        try:
            out, err = process.communicate(stdin, timeout)
        finally:
            if process.poll() is None:
                process.kill()
                process.communicate()
        return Finished(process.returncode, out, err.decode())


class Finished:
    """What came of a command."""

    def __init__(self, code: int, raw: bytes, err: str) -> None:
        self.code = code
        self.raw = raw
        self.out = raw.decode("utf-8", "replace")
        self.err = err

    def __repr__(self) -> str:
        return f"exit {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def luahost() -> Command:
    """The `luahost` command, in a process of its own."""
    return Command({})
