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

_FILES = ("json", "decode", "text", "errors", "border", "namespace", "environment", "main")


class EngineError(Exception):
    """The Lua state ended without reporting a result."""


def _sources() -> list[bytes]:
    folder = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 (pathlib is slow to import)
    found = []
    for name in ("boot", *_FILES):
        with open(os.path.join(folder, name + ".lua"), "rb") as file:  # noqa: PTH118, PTH123
            found.append(file.read())
    return found


def _deny(_object: object, name: object, _setting: bool) -> object:
    raise AttributeError(f"{name!r} cannot be reached from Lua")


class Engine:
    """A fresh state with the host's half of the Lua code at hand; `run` uses it up."""

    def __init__(self) -> None:
        # encoding=None: text stays bytes. LuaJIT is asked for by name, since lupa's default is another Lua.
        self._runtime = LuaRuntime(
            encoding=None,
            unpack_returned_tuples=False,
            register_eval=False,
            register_builtins=False,
            attribute_filter=_deny,
        )
        self._sources = _sources()

    def run(self, border: Border, *, guarded: bool) -> None:
        """Run one script: it is read from `border`, and its result is written there.

        `guarded` turns the JIT off and asks the border every so many instructions whether to go on. Raises
        EngineError when the state ended in another way than by its last frame.
        """
        boot, *rest = self._sources
        pairs = [part for name, source in zip(_FILES, rest, strict=True) for part in (name.encode(), source)]
        try:
            self._runtime.execute(boot, border, guarded, *pairs)
        except LuaMemoryError as error:
            raise EngineError("not enough memory") from error
        except (LuaError, UnicodeDecodeError) as error:
            raise EngineError(str(error)) from error
