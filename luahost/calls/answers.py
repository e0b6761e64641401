"""What an API's answer means: its JSON, or the one error that it stands for."""

from __future__ import annotations

import json
import re
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from luahost import errors, strict
from luahost.spec import Listing

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests import Response

    from luahost.calls.accounts import Account

_BY_STATUS: dict[int, type[errors.LuaHostError]] = {
    401: errors.Unauthorized,
    403: errors.Forbidden,
    404: errors.NotFound,
    408: errors.CallTimeout,
    409: errors.Conflict,
    410: errors.NotFound,
    429: errors.RateLimited,
}
_REQUEST_ID_HEADERS = ("x-request-id", "request-id", "x-amzn-requestid", "cf-ray")
_LONGEST_MESSAGE = 500


def read(response: Response, body: bytes, account: Account, *, write: bool, listing: str | None = None) -> Any:
    """The JSON of a good answer (None for an empty one to a write); raises the error of any other.

    Its list called `listing` becomes a Listing, where that can be.

    The key never leaves here, even where a server sends it back.
    """
    try:
        return _read(response, body, account, write=write, listing=listing)
    except errors.LuaHostError as error:
        account.cover_error(error)
        raise


def _read(response: Response, body: bytes, account: Account, *, write: bool, listing: str | None) -> Any:
    if account.api_key:
        body = body.replace(account.api_key.encode(), b"<redacted>")
    status = response.status_code
    host = account.base_url.split("//", 1)[1]
    request_id = next((response.headers[name] for name in _REQUEST_ID_HEADERS if name in response.headers), None)
    known: dict[str, Any] = {"status": status, "request_id": request_id and account.redact(request_id)}
    if 300 <= status < 400:
        target = account.redact(response.headers.get("location", "nowhere"))
        raise errors.InvalidResponse(
            f"{host} redirects to {target[:200]}, and redirects are not followed",
            hint="check the account's base_url: a key is sent to its own host only",
            **known,
        )
    if not 200 <= status < 300:
        raise _refusal(response, body, known, host=host, write=write)
    return _json(response, body, known, account, write=write, listing=listing)


def _json(
    response: Response, body: bytes, known: dict[str, Any], account: Account, *, write: bool, listing: str | None
) -> Any:
    host = account.base_url.split("//", 1)[1]
    if not body.strip():
        if write:
            return None
        raise errors.InvalidResponse(f"{host} gave an empty answer", **known)
    kind = account.redact(response.headers.get("content-type", "")).partition(";")[0].strip().lower()
    if kind and not (kind.endswith(("/json", "+json"))):
        raise errors.InvalidResponse(
            f"{host} answered with {kind[:80]} where JSON was expected",
            hint="check the account's base_url: is this the API?",
            **known,
        )
    try:
        text = body.decode("utf-8")
        # An escape can hide the key from the search in the bytes: of a plain key, only \\u can.
        hidden = b"\\u" in body or (b"\\" in body and not _PLAIN_KEY.fullmatch(account.api_key))
        if listing is not None and not hidden:
            found = _unread(text, listing, lambda: _json(response, body, known, account, write=write, listing=None))
            if found is not None:
                return found
        return account.cover(strict.decode(text)) if hidden else strict.decode(text)
    except (ValueError, RecursionError) as error:
        raise errors.InvalidResponse(
            f"{host} answered with JSON that cannot be read: {_brief(error)}", **known
        ) from None


def _unread(text: str, field: str, read: Callable[[], Any]) -> dict[str, Any] | None:
    """An answer whose list `field` is left unread, with what stands behind its last list; None where that cannot be.

    If the text is JSON at all, which whoever reads the list finds out, then what stands between the last bracket and
    the end, and is neither list nor object, belongs to the answer itself.
    """
    tail = _TAIL.match(text, text.rfind("]") + 1)
    if tail is None or not text.startswith("{"):
        return None
    found: dict[str, Any] = strict.decode("{" + tail["members"][1:] + "}")
    found[field] = Listing(text, field, read)
    return found


_TAIL = re.compile(r'(?P<members>(?:,\s?"[a-z_]+":\s?(?:null|true|false|-?[1-9][0-9]{0,15}|0|"[^"\\]*"))*)\s*\}\s*\Z')
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_.~+=-]*")


def _brief(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return f"not UTF-8 at byte {error.start}"
    return str(error)[:120]


def _refusal(response: Response, body: bytes, known: dict[str, Any], *, host: str, write: bool) -> errors.LuaHostError:
    """The error of a status that is not success."""
    status = response.status_code
    message, details = _explanation(response, body)
    cls = _BY_STATUS.get(status)
    if cls is None:
        known_kind = errors.ServerError if 500 <= status < 600 else errors.ValidationFailed
        cls = known_kind if 400 <= status < 600 else errors.InvalidResponse
    hint = None
    if cls is errors.Unauthorized:
        hint = "the key was refused: check it with luahost accounts test"
    elif cls is errors.Forbidden:
        hint = "the key is known, and may not do this: check its permissions and its organisation"
    elif cls is errors.ServerError and write:
        hint = "it may have happened all the same: look before you do it again"
    return cls(
        f"{host} answered {status}: {message}",
        hint=hint,
        details=details,
        retryable=cls is errors.RateLimited or (status in (408, 500, 502, 503, 504) and not write),
        retry_after=retry_after(response.headers.get("retry-after"), response.headers.get("date")),
        **known,
    )


def _explanation(response: Response, body: bytes) -> tuple[str, Any]:
    """What the API said, in one line, and the particulars. Knows both shapes of Devin's errors:

    `{"title", "status", "detail", "errors": […]}` (RFC 9457) and `{"detail": "…" | [{"loc", "msg"}]}`.
    """
    fallback = response.reason or "no reason was given"
    text = body.decode("utf-8", "replace").strip()
    if not text:
        return f"{fallback} (empty body)", None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        if text.startswith("<"):
            return f"{fallback} (an HTML page, not the API's JSON)", None
        return _line(text), None
    if not isinstance(found, dict):
        return _line(text), None
    detail = found.get("detail")
    particulars = found.get("errors") or (detail if isinstance(detail, list) else None)
    message = detail if isinstance(detail, str) else None
    message = message or _first_text(found, "message", "error", "title")
    if isinstance(particulars, list):
        said = "; ".join(filter(None, (_particular(each) for each in particulars[:5])))
        if said and (message is None or said not in message):
            message = f"{message}: {said}" if message else said
    return _line(message or fallback), particulars


def _first_text(found: dict[str, Any], *names: str) -> str | None:
    for name in names:
        value = found.get(name)
        if isinstance(value, dict):
            value = value.get("message")
        if isinstance(value, str) and value:
            return value
    return None


def _particular(each: Any) -> str | None:
    """`{"loc": ["body", "prompt"], "msg": "Field required"}` as "prompt: Field required"."""
    if not isinstance(each, dict):
        return None
    place = ".".join(str(part) for part in _list(each.get("loc")) if part not in ("body", "query", "path"))
    said = each.get("msg") or each.get("message") or each.get("detail")
    if not isinstance(said, str):
        return None
    return f"{place}: {said}" if place else said


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _line(text: str) -> str:
    """Text of a server's in one line that a terminal can show."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= _LONGEST_MESSAGE else line[: _LONGEST_MESSAGE - 3] + "..."


def retry_after(value: str | None, date: str | None = None) -> float | None:
    """Seconds to wait, from a Retry-After header (RFC 9110, 10.2.3): a number, or a date compared with `Date`."""
    if value is None:
        return None
    if re.fullmatch(r"[0-9]{1,9}", value.strip()):
        return float(value)
    try:
        until, now = (parsedate_to_datetime(each).replace(tzinfo=UTC) for each in (value, date or ""))
        return max(0.0, (until - now).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None
