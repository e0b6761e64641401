"""A process that has been taken over: it speaks to its host in whatever bytes it likes."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from luahost import Limits, LuaHostError
from luahost.lua.child import Single

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from luahost import Host
    from luahost.results import Result

# What a hostile process begins with. It says that it is ready, as an honest one does, and takes the script.
PRELUDE = r"""
import json, os, sys, time
def raw(data):
    while data:
        data = data[os.write(1, data):]
def pack(body):
    return len(body).to_bytes(4, "little") + body
def frame(*bodies):
    raw(b"".join(map(pack, bodies)))
def take(size):
    data = b""
    while len(data) < size:
        data += os.read(0, size - len(data)) or os._exit(9)
    return data
def receive():
    return take(int.from_bytes(take(4), "little"))
def ask(body):
    frame(body)
    return receive()
def told(answer):  # its JSON; a page of a list stands in front
    body = answer.partition(b" ")[2]
    size, _, rest = body[1:].partition(b" ")
    return rest[int(size):] if body[:1] == b"P" else body
def result(**fields):
    return b"R0 " + json.dumps({"ok": True, "values": [], "memory": 1, **fields}).encode()
def rest():
    time.sleep(60)
frame(b"%d\n" % (1 << 33))
receive()
"""


def start(program: Path) -> Single:
    """The process that runs a program, as a host takes it over."""
    pipes = [os.pipe() for _ in range(3)]
    (to_child, write_to), (read_from, from_child), (read_errors, errors_child) = pipes
    actions = [(os.POSIX_SPAWN_DUP2, fd, at) for at, fd in enumerate((to_child, from_child, errors_child))]
    words = [sys.executable, "-I", "-S", str(program)]
    pid = os.posix_spawn(sys.executable, words, {}, file_actions=actions, setpgroup=0)
    for fd in (to_child, from_child, errors_child):
        os.close(fd)
    return Single((pid, write_to, read_from, read_errors))


class Hostile:
    """Runs a script whose process does something else: `program`, after the prelude."""

    def __init__(self, host: Host, requests: list[str], folder: Path) -> None:
        self._host = host
        self._file = folder / "hostile.py"
        self._requests = requests
        self.seconds = 0.0
        """What the last run took."""

    def run(self, program: str, *, within: float = 10, prelude: str = PRELUDE, **limits: Any) -> Result:
        """The result; fails when there is none after `within` seconds, or when the run raises."""
        outcome: list[Any] = []
        self._file.write_text(prelude + program, "utf-8")
        child = start(self._file)

        def work() -> None:
            try:
                outcome.append(self._host.run("return 1", child=child, limits=Limits(**{"wall": 5, **limits})))
            except BaseException as error:  # noqa: BLE001 (raised again below)
                outcome.append(error)

        thread = threading.Thread(target=work, daemon=True)
        started = time.monotonic()
        thread.start()
        thread.join(within)
        self.seconds = time.monotonic() - started
        if not outcome:
            with suppress(ProcessLookupError):
                os.kill(child.pid, 9)
            thread.join(5)
            pytest.fail(f"the host was held up for more than {within} s")
        if isinstance(outcome[0], BaseException):
            raise outcome[0]
        found: Result = outcome[0]
        text = json.dumps(found.as_dict(), allow_nan=False, ensure_ascii=False)  # as every front door writes it
        assert text.encode().decode() == text
        assert found.error is None or isinstance(found.error, LuaHostError)
        return found

    def error(self, program: str, **options: Any) -> LuaHostError:
        """The error of a run that must have one."""
        found = self.run(program, **options)
        assert found.error is not None, (found.output, found.values)
        return found.error

    def answers(self, *requests: bytes, **options: Any) -> list[dict[str, Any]]:
        """What the host answers to requests, each given without its letter and id; nothing where it ends the run."""
        program = f"got = [told(ask(b'Q7 ' + each)) for each in {list(requests)!r}]\n"
        program += "frame(b'O0 ' + b'\\n'.join(got), result())\nrest()"
        found = self.run(program, **{"output_bytes": 64 << 20, **options})
        if found.error is not None:
            assert found.error.code == "internal_error", found.error.fields()
            return []
        return [json.loads(line) for line in found.output.split("\n")]

    def requests(self) -> list[str]:
        """What has reached Devin."""
        return list(self._requests)


@pytest.fixture(scope="module")
def host(site: Any) -> Iterator[Host]:
    with site.new_host("process", "frames") as made:
        yield made


@pytest.fixture
def hostile(host: Host, site: Any, tmp_path: Path) -> Iterator[Hostile]:
    """Runs what a hostile process does. Afterwards the same host runs an honest script as if nothing had been."""
    site.devin.requests.clear()
    yield Hostile(host, site.devin.requests, tmp_path)
    site.devin.simulator.clear_faults()
    following = host.run("return app.integrations.devin.get_session('sess_abc123').session_id")
    assert following.error is None, following.error.fields()
    assert str(following.value).endswith("sess_abc123")
