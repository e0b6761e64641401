"""One LuaJIT state: made, given one run, thrown away.

Python holds no Lua object and Lua no Python object but the border, a callable from bytes to bytes that
never raises: lupa can crash, hang or leak when anything else crosses (lupa issue 84).
"""

from __future__ import annotations

import os

from lupa.luajit21 import LuaError, LuaMemoryError, LuaRuntime

TYPE_CHECKING = False  # `typing` costs a child milliseconds that it need not spend
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    Border: TypeAlias = Callable[[bytes], bytes]
    Code: TypeAlias = tuple[bytes, bytes]

_FOLDER = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 (pathlib is slow to import)
_CORE = ("border", "chunks", "scalar", "main")  # what every run needs
_FILES = (
    "json", "decode", "text", "errors", "failure", "readonly", "requests", "bytes", "namespace", "libraries",
    "services", "environment", "lists", "waiting", "tasks", "parallel", "streams", "clocks", "order",
)  # fmt: skip
_LATE = ("code", "syntax", "mistakes", "absent", "slips")  # what only a script that is wrong loads: always as text


class EngineError(Exception):
    """The Lua state ended without reporting a result; `memory` says that it had no memory left."""

    def __init__(self, message: str, *, memory: bool = False) -> None:
        super().__init__(message)
        self.memory = memory


def read(name: str) -> bytes:
    """The text of one of our Lua files."""
    with open(f"{_FOLDER}{os.sep}{name}.lua", "rb", buffering=0) as file:  # noqa: PTH123
        return file.read()


def _boot(files: dict[str, bytes], main: str = "main") -> Code:
    """boot.lua with what it needs: the core as functions, and the other files' places in their code, which is second.

    One chunk for the core, one string for all that most runs never load: each piece would cost a conversion. `main`
    is the file that says what the state is for.
    """
    texts = {name: read(main if name == "main" else name) for name in _CORE}
    core = b",".join(b"%s=function(...) %s end" % (name.encode(), text) for name, text in texts.items())
    late = {name: read(name) for name in _LATE}
    places, at = [], 1
    for name, code in (files | late).items():
        bar = "|" if name == _LATE[0] else ""
        places.append(f"{bar}{name}={at},{at + len(code) - 1};")
        at += len(code)
    head = b"local CORE,PLACES={%s},'%s' " % (core, "".join(places).encode())
    return head + read("boot"), b"".join((*files.values(), *late.values()))


def sources(main: str = "main") -> Code:
    """The host's half of the Lua code, as text: right for a single state."""
    return _boot({name: read(name) for name in _FILES}, main)


_DUMP = (
    b"local name, text, strip = ... return string.dump(assert(loadstring(text, '=[luahost ' .. name .. ']')), strip)"
)


def compiled() -> Code:
    """The same compiled: loading it takes a fraction of the time, and reads no file."""
    state = _state()
    # The names of its variables stay with a file that calls Lua's functions for a script, since errors name them.
    boot, code = _boot({name: state.execute(_DUMP, name.encode(), read(name), False) for name in _FILES})
    return state.execute(_DUMP, b"boot", boot, True), code


def _deny(_object: object, name: object, _setting: bool) -> object:
    raise AttributeError(f"{name!r} cannot be reached from Lua")


def _state(max_memory: int | None = None) -> LuaRuntime:
    # encoding=None: text stays bytes. LuaJIT is asked for by name, since lupa's default is another Lua.
    return LuaRuntime(
        encoding=None,
        unpack_returned_tuples=False,
        register_eval=False,
        register_builtins=False,
        attribute_filter=_deny,
        max_memory=max_memory,
    )


class Engine:
    """A fresh state that is ready for one script; `run` uses it up.

    border      what the state calls: bytes to write, or none to wait for some
    code        what `compiled` gave; without it `sources` is read
    max_memory  bytes that the state may take, 0 for any number. Where it is given, memory comes from the C library,
                which keeps it for the next state, and not from LuaJIT's own allocator, which is faster while it runs
    guarded     turns the JIT off, and asks the border every so many instructions whether to go on
    eager       load now all that a script may need, where many processes share it
    """

    def __init__(
        self,
        border: Border,
        code: Code | None = None,
        *,
        max_memory: int | None = None,
        guarded: bool = False,
        eager: bool = False,
    ) -> None:
        boot, files = code or sources()
        self._runtime = _state(max_memory)
        self._execute(boot, border, guarded, eager, files)

    def run(self) -> None:
        """Run one script: it is read from the border, and its result is written there."""
        self._execute(b"run()")

    def _execute(self, chunk: bytes, *arguments: Any) -> None:
        """Raises EngineError where the state ends in another way than by its last frame."""
        try:
            self._runtime.execute(chunk, *arguments)
        except LuaMemoryError as error:
            raise EngineError("not enough memory", memory=True) from error
        except (LuaError, UnicodeDecodeError, AttributeError) as error:
            raise EngineError(str(error), memory="not enough memory" in str(error)) from error
