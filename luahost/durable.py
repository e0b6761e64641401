"""Runs that are written down as they go: begun, resumed where they stopped, replayed without a network."""

from __future__ import annotations

import os
import time

from luahost.calls.journal import ASSUMPTIONS, Journal
from luahost.calls.journals import content, new_id
from luahost.calls.recorded import RecordedClock
from luahost.errors import InternalError, UsageError
from luahost.results import Limits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path
    from typing import Any

    from luahost.calls.dispatch import Dispatcher
    from luahost.calls.history import History
    from luahost.calls.journals import Journals
    from luahost.calls.run import Run
    from luahost.calls.settings import Keeping


class Again:
    """A run that was made before: its journal, and what it began with."""

    def __init__(self, journal: Journal, header: Mapping[str, Any], *, alone: bool = False) -> None:
        self.journal = journal
        self.header = header
        self.alone = alone
        self.clock = RecordedClock(header["now"]) if alone and header.get("now") is not None else None

    @property
    def has_moved(self) -> bool:
        """Whether the time zone is another one than when it began."""
        then = self.header.get("utc_offset")
        return then is not None and time.localtime(self.header["at"]).tm_gmtoff != then

    @property
    def options(self) -> dict[str, Any]:
        """What it was given, as `Host.run` takes it."""
        header = self.header
        return {
            "name": header["name"],
            "args": header.get("args") or {},
            "words": header.get("words") or (),
            "account": header["account"],
            "modules": header.get("modules"),
            "files": header.get("files"),
            # A file of anybody's says what ran, not what may be used here.
            "limits": Limits(**header["limits"]) if header.get("limits") and not self.alone else None,
        }


def begin(journals: Journals, run_id: str | None, header: Mapping[str, Any]) -> Journal:
    """A journal for a run that begins; raises UsageError where there cannot be one, and leaves nothing of it."""
    run_id = run_id or new_id()
    try:
        made = Journal(run_id, journals.create(run_id), folder=journals.place)
        try:
            made.begin(header)
        except InternalError:
            made.close()
            journals.path(run_id).unlink()
            raise
    except InternalError as error:
        raise UsageError(error.message, hint=error.hint) from None
    return made


def prune(journals: Journals, keeping: Keeping) -> None:
    """Remove journals that are too old or too many, once a day."""
    if journals.are_fresh():
        return  # what removes them takes longer to import than a journal to write
    from luahost.calls.prune import prune_daily

    prune_daily(journals.folder, keeping.keep_days, keeping.max_mib)


def header(
    start: Mapping[str, Any], run: Run, *, isolation: str, modules: Any, files: Any, noted: Mapping[str, Any]
) -> dict[str, Any]:
    """The first line of a journal: all that is needed to run it again."""
    from luahost import __version__

    source = start["source"]
    return {
        "luahost": __version__,
        "name": start["name"],
        "sha256": digest(source),
        "source": source,
        "seed": start["seed"],
        "now": start["now"],
        "account": start["account"],
        "args": start["args"],
        "words": start["words"],
        "limits": run.limits.as_dict(),
        "modules": None if modules is None else os.path.abspath(modules),  # noqa: PTH100 (pathlib takes longer)
        "files": None if files is None else os.path.abspath(files),  # noqa: PTH100
        "isolation": isolation,
        "utc_offset": time.localtime().tm_gmtoff,
        "noted": dict(noted),
    }


def digest(source: str) -> str:
    """By what it is seen whether a script is the same."""
    try:
        # hashlib loads OpenSSL, which takes longer than all else that a run writes down.
        from _sha256 import sha256  # type: ignore[import-not-found]
    except ImportError:
        from hashlib import sha256

    found: str = sha256(source.encode("utf-8", "surrogatepass")).hexdigest()
    return found


def resume(
    journals: Journals,
    run_id: str,
    dispatcher: Dispatcher,
    approved: Iterable[int],
    assume: str | Mapping[int, str] | None,
) -> Again:
    """A run that died, failed or was suspended, ready to go on; raises UsageError where it cannot."""
    from luahost.calls.history import parsed

    words = [assume] if assume is None or isinstance(assume, str) else list(assume.values())
    for word in words:
        if word is not None and word not in ASSUMPTIONS:
            raise UsageError(f"assume: {' or '.join(map(repr, ASSUMPTIONS))} was expected, not {word!r}")
    path = journals.path(run_id)
    file = journals.open(run_id)
    try:
        found = parsed(path, content(file, path))
        _check_open(found)
        _check_accounts(found, dispatcher)
        numbers = _approvals(found, approved)
        found.reopen()
        journal = Journal(run_id, file, found, assume=assume)
        journal.resume()
        journal.approve(numbers)
    except BaseException:
        os.close(file)
        raise
    return Again(journal, found.header)


def _check_open(found: History) -> None:
    if found.end is not None and found.end["status"] == "done":
        raise UsageError(
            f"run {found.run_id} has ended well: there is nothing to resume", hint="luahost run begins a new one"
        )


def _approvals(found: History, approved: Iterable[int]) -> list[int]:
    numbers, waiting = list(approved), {each.n for each in found.pending}
    for n in numbers:
        if n not in waiting:
            known = ", ".join(map(str, sorted(waiting))) or "none"
            raise UsageError(
                f"call {n} of run {found.run_id} waits for no approval",
                hint=f"waiting: {known}; luahost runs show tells",
            )
    return numbers


def _check_accounts(found: History, dispatcher: Dispatcher) -> None:
    """A run goes on where it was: raises UsageError for an account that is another one now."""
    for (integration, account), then in found.accounts.items():
        if then["base_url"] == "simulated":
            raise UsageError(
                f"run {found.run_id} was simulated, and its simulator has gone",
                hint="luahost run --replay plays it again",
            )
        now = dispatcher.identity(integration, account, found.run_id)
        place = f"account {account} of {integration}"
        if now["base_url"] != then["base_url"]:
            raise _changed(found, place, "base_url", then["base_url"], now["base_url"])
        if now["org_id"] is not None and then["org_id"] is not None and now["org_id"] != then["org_id"]:
            raise _changed(found, place, "org_id", then["org_id"], now["org_id"])
        if now["key"] != then["key"] and (now["org_id"] is None or then["org_id"] is None):
            known = then["org_id"] or "not asked for"
            raise UsageError(
                f"run {found.run_id} cannot go on: {place} has another key now, and its organisation is not known",
                hint=f"where the key is of the same organisation, say so by setting its org_id: it was {known}",
            )


def _changed(found: History, place: str, name: str, then: Any, now: Any) -> UsageError:
    return UsageError(
        f"run {found.run_id} cannot go on: {place} had the {name} {then!r}, and now has {now!r}",
        hint="set it as it was, or begin a new run",
    )


def replay(journal: str | Path, source: str | None, journals: Callable[[], Journals]) -> Again:
    """A run as it was, from its journal alone: of a file, or of a run's id among `journals`. Raises UsageError.

    With a `source` the journal must be of that script.
    """
    from pathlib import Path

    from luahost.calls.history import read

    name = os.fspath(journal)
    is_file = isinstance(journal, Path) or os.sep in name or name.endswith(".jsonl")
    found = read(Path(name)) if is_file else journals().read(journals().find(name))
    if source is not None and digest(source) != found.header.get("sha256"):
        raise UsageError(
            f"{found.path}: this is the journal of another script, or of another version of it",
            hint=f"it is of {found.header['name']}; record it anew, or leave the script out to run what it has",
        )
    return Again(Journal(found.run_id, None, found, alone=True), found.header, alone=True)
