"""Covering what must not be shown: keys, and values that a declaration marks sensitive."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from luahost.errors import LuaHostError

SENSITIVE = "<sensitive>"
"""What stands in records and errors for a value that the declaration marks sensitive."""

_SHORT = 4  # characters; a shorter text could not be told from the words around it, and is covered in quotes only


class Cover:
    """Covers sensitive texts, in whatever form an answer may say them again. Made of none, it changes nothing."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form: shown for secret in secrets for form, shown in _forms(secret).items()}
        self._forms = sorted(forms.items(), key=lambda form: len(form[0]), reverse=True)

    def body(self, body: bytes) -> bytes:
        """The bytes of an answer, before anything is made of them: what is cut or joined cannot be found any more."""
        for form, shown in self._forms:
            body = body.replace(form.encode("utf-8", "replace"), shown.encode())
        return body

    def value(self, value: Any) -> Any:
        """The same JSON value with the texts covered."""
        for form, shown in self._forms:
            value = covered(value, form, shown)
        return value

    def error(self, error: LuaHostError) -> None:
        """Cover them in every field of an error."""
        if self._forms:
            cover_error(error, self.value)


class Veil:
    """Hides sensitive texts in a value that is kept, so that whoever says them again has it back as it was."""

    def __init__(self, secrets: Iterable[str]) -> None:
        known = [secret for secret in secrets if secret]
        long = {form for secret in known if len(secret) >= _SHORT for form in _forms(secret)}
        texts = [*sorted(long, key=lambda form: (-len(form), form)), *sorted({s for s in known if len(s) < _SHORT})]
        self._marks = [(text, f"{SENSITIVE[:-1]}:{number}>") for number, text in enumerate(texts)]

    def hide(self, value: Any) -> Any:
        """A JSON value without them; a short one is hidden where it is all that a text says."""
        return self._mapped(value, self._hidden)

    def reveal(self, value: Any) -> Any:
        """What was hidden."""
        return self._mapped(value, self._revealed)

    def _hidden(self, text: str) -> str:
        for secret, mark in self._marks:
            if len(secret) >= _SHORT:
                text = text.replace(secret, mark)
            elif text == secret:
                return mark
        return text

    def _revealed(self, text: str) -> str:
        for secret, mark in self._marks:
            text = text.replace(mark, secret)
        return text

    def _mapped(self, value: Any, change: Callable[[str], str]) -> Any:
        if isinstance(value, str):
            return change(value)
        if isinstance(value, list):
            return [self._mapped(each, change) for each in value]
        if isinstance(value, dict):
            return {change(name): self._mapped(each, change) for name, each in value.items()}
        return value


def _forms(secret: str) -> dict[str, str]:
    """How a server can say a text again, each with what is shown instead: as it is, and escaped once or twice."""
    if not secret:
        return {}
    if len(secret) < _SHORT:
        return {f"{mark}{secret}{mark}": f"{mark}{SENSITIVE}{mark}" for mark in ('"', "'", '\\"')}
    found = [secret, " ".join(secret.split()), repr(secret)[1:-1], quote(secret), quote_plus(secret)]
    for ascii_only in (True, False):
        once = json.dumps(secret, ensure_ascii=ascii_only)[1:-1]
        found += [once, json.dumps(once, ensure_ascii=ascii_only)[1:-1]]
    return dict.fromkeys(filter(None, found), SENSITIVE)


def covered(value: Any, secret: str, cover: str) -> Any:
    """The same JSON value, with `cover` wherever `secret` stands in its texts."""
    if isinstance(value, str):
        return value.replace(secret, cover) if secret else value
    if isinstance(value, list):
        return [covered(each, secret, cover) for each in value]
    if isinstance(value, dict):
        return {covered(name, secret, cover): covered(each, secret, cover) for name, each in value.items()}
    return value


def cover_error(error: LuaHostError, cover: Callable[[Any], Any]) -> None:
    """Apply `cover` to every field of an error that a server's words may have reached."""
    for name in ("message", "hint", "request_id", "details"):
        try:
            setattr(error, name, cover(getattr(error, name)))
        except RecursionError:  # what lies that deep helps nobody, and could hide what must be covered
            setattr(error, name, None)
    error.args = (error.message,)
