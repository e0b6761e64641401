"""What an integration does: its examples run, its lists are walked, what it gives can be said as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from luahost.errors import LuaHostError
from luahost.testing.finding import Finding
from luahost.testing.stage import ACCOUNTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from luahost.results import Result
    from luahost.spec import Function, Integration
    from luahost.testing.stage import Made, StagedHost

_MOST_WALKED = 1000

_WALK = f"""\
local n = 0
for _ in each(app.integrations[args.integration][args.call], args.with) do
  n = n + 1
  if n == {_MOST_WALKED} then break end
end
return n
"""
_THERE_AND_BACK = "return args.value, json.decode(json.encode(args.value))"


def example(
    host: StagedHost, integration: Integration, function: Function | None, code: str, told: list[str]
) -> Iterator[Finding]:
    """One example, run as written; and then in a dry run, which must send no write. What is said goes to `told`."""
    place = integration.name if function is None else f"{integration.name}.{function.name}"
    result = host.run(code, name="example.lua")
    told.append(repr(result.as_dict()))
    if result.error is not None:
        if result.error.code == "unsupported" and host.version != integration.versions[0]:
            return  # it shows something that this version does not have
        nobody = "; ".join(host.forwarding.unanswered[:1])
        why = f"{result.error.message} ({nobody})" if nobody else result.error.message
        yield Finding(place, "examples", f"an example fails in line {result.error.line}: {why}")
        return
    if function is not None and not _calls(host, function, code):
        yield Finding(place, "examples", "an example does not call it")
    yield from _sent(host, integration)
    yield from _dry(host, place, code)


def _calls(host: StagedHost, function: Function, code: str) -> bool:
    """Whether an example has called its function, on the default account or on another."""
    for account in (None, *ACCOUNTS):
        if account is not None:
            host.run(code, name="example.lua", account=account)
        if any(made.function == function.name for made in host.made):
            return True
    return False


def _sent(host: StagedHost, integration: Integration) -> Iterator[Finding]:
    for made in host.made:
        function = integration.function(made.function)
        wrote = [request for request in made.sent if not request.startswith(("GET ", "HEAD "))]
        if function is not None and function.access == "read" and wrote:
            yield Finding(
                f"{integration.name}.{made.function}", "access", f"it is declared as reading, and sent {wrote[0]}"
            )


def _dry(host: StagedHost, place: str, code: str) -> Iterator[Finding]:
    if host.stage is None:
        return
    before = len(host.stage.sent)
    host.run(code, name="example.lua", dry_run=True)
    wrote = [each for each in host.stage.sent[before:] if not each.startswith(("GET ", "HEAD "))]
    if wrote:
        yield Finding(place, "dry run", f"a dry run of an example sent {wrote[0]}")


def results(host: StagedHost, integration: Integration, function: Function, made: Made) -> Iterator[Finding]:
    """What one call gave: the fields that are promised, and JSON in both directions."""
    place = f"{integration.name}.{function.name}"
    if not isinstance(made.result, dict):
        if function.returns:
            yield Finding(place, "returns", f"it gives a {type(made.result).__name__}, where fields are promised")
        return
    for field in function.returns:
        if (
            field.always
            and (not field.versions or host.version in field.versions)
            and made.result.get(field.name) is None
        ):
            yield Finding(place, "returns", f"what it gives has no {field.name}, which is promised")
        given = made.result.get(field.name)
        if field.enum and isinstance(given, str) and given not in field.enum:
            yield Finding(place, "returns", f"{given!r} is none of the texts that its {field.name} can be")
    try:
        text = json.dumps(made.result)
    except (TypeError, ValueError):
        if not has_bytes(made.result):
            yield Finding(place, "JSON", "what it gives cannot be said as JSON")
        return
    told = host.run(_THERE_AND_BACK, args={"value": json.loads(text)})
    if told.error is not None or told.values[0] != told.values[1]:
        yield Finding(place, "JSON", "what it gives is another thing when a script has encoded and decoded it")


def walk(host: StagedHost, integration: Integration, function: Function, made: Made) -> Iterator[Finding]:
    """A list, walked by `each` and with a limit: the same entries as when it is asked for whole."""
    if function.pages is None:
        return
    place = f"{integration.name}.{function.name}"
    given = {k: v for k, v in made.arguments.items() if k not in ("limit", "first", "after", "offset", "page")}
    try:
        whole = host.call(place, given)
        some = host.call(place, {**given, "limit": 1}) if function.param("limit") else None
    except LuaHostError as error:
        yield Finding(
            place, "pages", f"it fails when it is asked for the whole list, or for one entry: {error.message}"
        )
        return
    there = _entries(whole, function)
    if there is None:
        yield Finding(place, "pages", f"what it gives has no list {function.entries}")
        return
    if some is not None and _entries(some, function) != min(1, there):
        yield Finding(place, "pages", f"with limit = 1 it gives {_entries(some, function)} entries of {there}")
    told = _walked(host, integration, function, given)
    if told.error is not None:
        yield Finding(place, "pages", f"each cannot walk it: {told.error.message}")
    elif told.value != min(there, _MOST_WALKED):
        yield Finding(place, "pages", f"each finds {told.value} entries, and asked for whole it has {there}")


def _walked(host: StagedHost, integration: Integration, function: Function, given: dict[str, Any]) -> Result:
    return host.run(_WALK, args={"integration": integration.name, "call": function.name, "with": given})


def _entries(found: Any, function: Function) -> int | None:
    entries = found.get(function.entries) if isinstance(found, dict) else None
    return len(entries) if isinstance(entries, list) else None


def has_bytes(value: Any) -> bool:
    if isinstance(value, (dict, list)):
        return any(has_bytes(each) for each in (value.values() if isinstance(value, dict) else value))
    return isinstance(value, bytes)
