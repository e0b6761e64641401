"""`luahost run --resume` and `--replay`: which run is meant, and what to type to go on with one."""

from __future__ import annotations

from luahost.calls.journal import ASSUMPTIONS
from luahost.cli import output
from luahost.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from luahost.calls.history import History
    from luahost.calls.settings import Settings
    from luahost.results import Result

_OF_THE_SCRIPT = ("account", "args", "modules", "files")  # what the journal has: another value would be another run

_HELD = {"read_only": False, "confirm": False, "require_seal": "none"}
"""Options that hold a script in, and what they are without it."""


def needs_script(options: Any) -> bool:
    """Whether a script is named, as a new run needs one; raises UsageError for options that contradict one another."""
    for name in ("approve", "assume"):
        if getattr(options, name) and options.resume is None:
            raise UsageError(f"--{name} belongs to --resume RUN")
    if options.no_journal and options.resume is not None:
        raise UsageError("--no-journal does not go with --resume: a run goes on in its journal")
    if options.resume is None and options.replay is None:
        return True
    word = "--replay" if options.resume is None else "--resume"
    if options.resume is not None and options.replay is not None:
        raise UsageError("--resume goes on with a run, --replay plays one again: name one of them")
    for name in _OF_THE_SCRIPT:
        if getattr(options, name) not in (None, "default"):
            raise UsageError(f"--{name} is in the journal: leave it out with {word}")
    for name, other in (("set", "--set"), ("simulate", "--simulate"), ("dry_run", "--dry-run")):
        if getattr(options, name):
            raise UsageError(f"{other} does not go with {word}")
    named = bool(options.rest) or options.code is not None
    if named and options.resume is not None:
        raise UsageError("--resume takes the script from the journal", hint="leave it out")
    if len(options.rest) > (0 if options.code is not None else 1):
        raise UsageError("--replay takes the words of the script from the journal", hint="leave them out")
    return named


def recorded(options: Any, settings: Settings) -> History | None:
    """The run that is meant, None for a new one; raises UsageError.

    What held it in holds it in again: options that it was begun with.
    """
    if options.resume is None and options.replay is None:
        return None
    import os
    from pathlib import Path

    from luahost.calls.history import read
    from luahost.calls.journals import Journals

    journals = Journals(options.state or settings.state_folder)
    named = options.replay if options.resume is None else options.resume
    if options.resume is None and (os.sep in named or named.endswith(".jsonl") or Path(named).is_file()):
        return read(Path(named))
    found = journals.read(journals.find(named))
    for name, value in (found.header.get("noted") or {}).items():
        if name in _HELD and getattr(options, name) == _HELD[name]:
            setattr(options, name, value)
    return found


def noted(options: Any) -> dict[str, Any]:
    """The options that hold a run in, as its journal has them."""
    return {name: getattr(options, name) for name, usual in _HELD.items() if getattr(options, name) != usual}


def assumed(options: Any) -> str | dict[int, str] | None:
    """What is said of writes whose answer was lost: of all, or of each by its number. Raises UsageError."""
    said: dict[int, str] = {}
    for given in options.assume:
        number, equals, word = given.rpartition("=")
        if word not in ASSUMPTIONS or (equals and not (number.isascii() and number.isdigit())):
            raise UsageError(f"--assume {given}: done, not-done, or N=done was expected", hint="as in --assume 3=done")
        if not equals and len(options.assume) > 1:
            raise UsageError(f"--assume {given} is of all calls: name each, as in --assume 3=done")
        if not equals:
            return str(word)
        said[int(number)] = word
    return said or None


def tell(result: Result) -> None:
    """After a run that did not end well: how to go on with it, where it has done something that would be lost."""
    if result.run_id is None or result.error is None:
        return
    go_on = f"luahost run --resume {result.run_id}"
    pending = result.meta.get("pending")
    if pending:
        each = ", ".join(f"{call['n']} ({call['call']} on account {call['account']})" for call in pending)
        output.note(f"suspended at call {each}; to approve it and go on: {go_on} --approve {pending[0]['n']}")
    elif isinstance(result.error.details, dict) and "expected" in result.error.details:
        return  # it went another way, and would again
    elif any(call.status == "ok" and call.policy is not None for call in result.calls):
        output.note(f"to go on where it stopped: {go_on}")
