"""Calls of a durable run: what the journal has answered is given again, all else is made and written down."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from luahost.calls.cover import Veil
from luahost.calls.recorded import RecordedClock
from luahost.errors import InvalidResponse, OutcomeUnknown, Unsupported, from_fields
from luahost.spec import Listing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from luahost.calls.checked import Checked
    from luahost.calls.dispatch import Dispatcher
    from luahost.calls.journal import Journal
    from luahost.calls.recorded import Entry
    from luahost.calls.run import Run


def make(run: Run, journal: Journal, dispatcher: Dispatcher, checked: Checked, *, unordered: bool) -> Any:
    """What the call gave before, or gives now; raises LuaHostError, as it was raised before or is now."""
    pending, function = checked.pending, checked.function
    record = pending.record
    keyed = function.keyed is not None and function.keyed(checked.arguments)
    entry = pending.entry = journal.call(
        record, checked.shown, function.access, walk=checked.walk, unordered=unordered, keyed=keyed
    )
    if entry.answered:
        record.replayed = True
        record.policy = entry.known.policy if entry.known is not None else None
        if entry.known is not None and entry.known.now is not None and isinstance(run.clock, RecordedClock):
            run.clock.set(entry.known.now)
        if checked.walk and not entry.has_failed:
            return dispatcher.walk(run, checked, _pages(run, journal, dispatcher, checked, entry))
        found = entry.answer()
        return Veil(checked.secrets).reveal(found) if checked.secrets else found
    if journal.settle(entry, keyed=keyed):
        found = {}  # somebody says that it was done: what it gave, nobody knows
    elif checked.walk:
        dispatcher.allow(run, checked)
        pages = dispatcher.pages(run, checked)
        journal.answer(entry, record, None, dispatcher.redact(checked), pages=True)
        return dispatcher.walk(run, checked, _noted(journal, dispatcher, checked, entry, pages))
    else:
        found = _made(run, journal, dispatcher, checked, entry)
    told = Veil(checked.secrets).hide(found) if checked.secrets else found
    journal.answer(entry, record, told, dispatcher.redact(checked))
    return found


def _made(run: Run, journal: Journal, dispatcher: Dispatcher, checked: Checked, entry: Entry) -> Any:
    """What the call gives now.

    Where it had left, and cannot be found by its key (tags are refused, or lists forbidden), somebody has to say
    whether it was done.
    """
    try:
        return dispatcher.make(run, checked)
    except OutcomeUnknown:
        if entry.fresh or entry.has_left:
            raise  # it is this attempt whose answer was lost
        said = journal.said(entry)
    if said is None:
        raise journal.unknown(entry)
    if said == "done":
        return {}
    entry.fresh = True  # it is nowhere: nothing need be looked for
    return dispatcher.make(run, checked)


def _noted(
    journal: Journal, dispatcher: Dispatcher, checked: Checked, entry: Entry, pages: Iterator[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """The pages of a walk, each written down before it is given."""
    redact = dispatcher.redact(checked)
    entries = checked.function.entries
    for page in pages:
        listing = page.get(entries)
        if isinstance(listing, Listing):  # as it came: reading it takes time, and may not be needed
            rest = {name: each for name, each in page.items() if name != entries}
            journal.page(entry, {"text": listing.text, "field": listing.field, "rest": rest}, redact)
        else:
            journal.page(entry, {"rest": page}, redact)
        yield page
    journal.page(entry, {"last": True}, redact)


def _json(text: str) -> Any:
    """What a page says; a server may have sent what is no JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidResponse("the answer is no JSON") from None


def _pages(
    run: Run, journal: Journal, dispatcher: Dispatcher, checked: Checked, entry: Entry
) -> Iterator[dict[str, Any]]:
    """The pages that were given before, and those that follow."""
    walked = []
    for event in entry.pages:
        if "error" in event:
            raise from_fields(event["error"])
        if "last" in event:
            return
        page = dict(event["rest"])
        if "text" in event:
            listing = Listing(event["text"], event["field"], partial(_json, event["text"]))
            page = {**listing.answer, **page, checked.function.entries: list(listing)}
        walked.append(page)
        yield page
    if journal.alone:
        raise Unsupported(f"the journal of run {journal.run_id} has no further page of {checked.function.name}")
    dispatcher.allow(run, checked)
    yield from _noted(journal, dispatcher, checked, entry, dispatcher.pages(run, checked, walked))
