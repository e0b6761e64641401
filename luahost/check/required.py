"""The modules of a script: which globals they set, and which are not there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from luahost.check.reader import Unreadable, read
from luahost.check.scopes import Scopes
from luahost.check.syntax import Constant
from luahost.errors import LuaHostError
from luahost.lua.inspection import missing_modules
from luahost.lua.modules import Modules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from luahost.check.syntax import Call

_OWN = "json"  # a module that every script has
_BEGINNING = re.compile(r"[a-z]+")


class Required:
    """The modules below `folder` that a script requires, and those that they require.

    `globals` are the globals that they set; `hidden` says that they, or the script, may set some unseen.
    """

    def __init__(self, folder: str | None, scopes: Scopes) -> None:
        self._modules = None if folder is None else Modules(folder)
        self._seen: set[str] = set()
        self._missing: list[tuple[Call, LuaHostError]] = []
        self.globals: set[str] = set()
        self.hidden = False
        self._follow(scopes, is_script=True)

    def missing(self) -> Iterator[tuple[int, str, str, str | None]]:
        """Where a module is asked for that is not there, and what to say of it: place, code, message, hint."""
        for call, error in self._missing:
            name = call.args[0].value if isinstance(call.args[0], Constant) else ""
            known = _BEGINNING.match(str(name).lower())
            hint = missing_modules().get(known[0]) if known else None
            yield call.args[0].at, error.code, error.message, hint or error.hint

    def _follow(self, scopes: Scopes, *, is_script: bool = False) -> None:
        self.hidden = self.hidden or scopes.hidden
        for call in scopes.requires:
            first = call.args[0] if call.args else None
            name = first.value if isinstance(first, Constant) else None
            if name == _OWN or name in self._seen:
                continue
            if not isinstance(name, str) or self._modules is None:
                self.hidden = True
                continue
            self._seen.add(name)
            try:
                module = Scopes(read(self._modules.read(name)["source"]))
            except LuaHostError as error:
                self.hidden = True
                if is_script:
                    self._missing.append((call, error))
            except Unreadable:
                self.hidden = True
            else:
                self.globals |= module.assigned()
                self._follow(module)
