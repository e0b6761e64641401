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

    Border = Callable[[bytes], bytes]

_FILES = (
    "json", "decode", "text", "errors", "readonly", "border", "namespace", "libraries", "services", "environment", "main"
)


class EngineError(Exception):
    """The Lua state ended without reporting a result; `memory` says that it had no memory left."""

    def __init__(self, message: str, *, memory: bool = False) -> None:
        super().__init__(message)
        self.memory = memory


def _sources() -> list[bytes]:
    """boot.lua, and the name and text of each further file."""
    folder = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 (pathlib is slow to import)
    found = []
    for name in ("boot", *_FILES):
        with open(os.path.join(folder, name + ".lua"), "rb") as file:  # noqa: PTH118, PTH123
            found += [name.encode(), file.read()]
    return found[1:]


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


def compiled() -> list[bytes]:
    """The host's half of the Lua code, compiled: loading it takes a fraction of the time, and reads no file."""
    boot, *rest = _sources()
    state = _state()
    compile_one = b"local name, source = ... return string.dump(assert(loadstring(source, '=[luahost ' .. name .. ']')))"
    pairs = zip(rest[::2], rest[1::2], strict=True)
    made = [part for name, source in pairs for part in (name, state.execute(compile_one, name, source))]
    return [boot, *made]


class Engine:
    """A fresh state with the host's half of the Lua code at hand; `run` uses it up.

    code        what `compiled` gave; without it the files are read
    max_memory  bytes that the state may take; it makes allocating slower, so a process of its own is better limited
    """

    def __init__(self, code: list[bytes] | None = None, *, max_memory: int | None = None) -> None:
        self._runtime = _state(max_memory)
        self._code = code or _sources()

    def run(self, border: Border, *, guarded: bool) -> None:
        """Run one script: it is read from `border`, and its result is written there.

        `guarded` turns the JIT off and asks the border every so many instructions whether to go on. Raises
        EngineError when the state ended in another way than by its last frame.
        """
        boot, *parts = self._code
        try:
            self._runtime.execute(boot, border, guarded, *parts)
        except LuaMemoryError as error:
            raise EngineError("not enough memory", memory=True) from error
        except (LuaError, UnicodeDecodeError) as error:
            raise EngineError(str(error), memory="not enough memory" in str(error)) from error
