"""What a declaration has to say, by itself: nothing is executed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from luahost.spec import LUA_WORDS
from luahost.testing.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from luahost.spec import Field, Function, Integration, Param

_READS = frozenset(["count", "find", "get", "list", "read", "search", "wait"])
_WRITES = frozenset(["add", "change", "create", "delete", "post", "put", "remove", "send", "set", "update", "upload"])
_SECRET = re.compile(r"(.+_)?(password|api_key|secret_key|access_token|token)\Z")
_ENDPOINT = re.compile(r"(GET|POST|PUT|PATCH|DELETE) /\S*\Z")


def faults(integration: Integration) -> Iterator[Finding]:
    """Everything that the declaration leaves out, or says wrong."""
    yield from _of_integration(integration)
    for function in integration.functions:
        place = f"{integration.name}.{function.name}"
        for check, problem in (
            *_described(function),
            *_parameters(function.params),
            *_results(function.returns),
            *_listed(function),
            *_endpoints(integration, function),
            *_access(function),
        ):
            yield Finding(place, check, problem)


def _of_integration(integration: Integration) -> Iterator[Finding]:
    def found(check: str, problem: str) -> Finding:
        return Finding(integration.name, check, problem)

    if not integration.summary.strip():
        yield found("summary", "it has no summary")
    if integration.name in LUA_WORDS:
        yield found("names", f"{integration.name!r} is a word of Lua: no script could write it behind a dot")
    if not integration.functions:
        yield found("functions", "it has no functions")
    identify = integration.function(integration.identify)
    if identify is not None and (identify.access != "read" or any(param.required for param in identify.params)):
        yield found("identify", f"{identify.name} shows whether a key works, so it reads, and needs no arguments")


Problems = "Iterator[tuple[str, str]]"


def _described(function: Function) -> Iterator[tuple[str, str]]:
    if not function.summary.strip():
        yield "summary", "it has no summary"
    elif "\n" in function.summary or "|" in function.summary:
        yield "summary", "the summary is one line, without |"
    if not function.examples:
        yield "examples", "it has no example"


def _parameters(params: Iterable[Param], inside: str = "") -> Iterator[tuple[str, str]]:
    for param in params:
        name = f"{inside}{param.name}"
        if not param.description.strip():
            yield "parameters", f"parameter {name} is not described"
        elif "\n" in param.description or "|" in param.description:
            yield "parameters", f"parameter {name}: the description is one line, without |"
        if param.name in LUA_WORDS:
            yield "names", f"parameter {name} is a word of Lua: no script could write it as {{ {param.name} = … }}"
        if param.pattern and not param.pattern_hint:
            yield "parameters", f"parameter {name} has a pattern, and no pattern_hint that says it in words"
        if _SECRET.match(param.name) and not param.sensitive and param.type != "boolean":
            yield "sensitive", f"parameter {name} looks like a secret, and is not sensitive"
        enum: object = param.enum
        if not isinstance(enum, (tuple, list)):
            yield "parameters", f"parameter {name}: enum is a tuple, so that pages are the same each time"
        yield from _parameters(param.fields, f"{name}.")


def _results(fields: Iterable[Field]) -> Iterator[tuple[str, str]]:
    fields = tuple(fields)
    if not fields:
        yield "returns", "it does not say what it returns"
    for field in fields:
        if not field.description.strip():
            yield "returns", f"the field {field.name} of what it returns is not described"
        elif "\n" in field.description or "|" in field.description:
            yield "returns", f"the field {field.name} of what it returns: the description is one line, without |"


def _listed(function: Function) -> Iterator[tuple[str, str]]:
    arrays = {field.name for field in function.returns if field.type == "array"}
    if function.pages is None:
        if function.name.startswith("list_") and len(arrays) == 1:
            yield "pages", f"it lists {', '.join(arrays)}, and has no pages that each could walk"
        return
    if function.entries not in arrays:
        yield "pages", f"its pages have their entries in {function.entries}, which is no array of what it returns"
    limit = function.param("limit")
    if limit is not None and (limit.type != "integer" or limit.required):
        yield "pages", "its parameter limit is an integer, and may be left out"


def _endpoints(integration: Integration, function: Function) -> Iterator[tuple[str, str]]:
    for version, endpoint in function.endpoints.items():
        if version not in integration.versions:
            known = ", ".join(integration.versions)
            yield "endpoints", f"there is no API version {version!r}; there is {known}"
        if not _ENDPOINT.match(endpoint):
            yield "endpoints", f"{endpoint!r} is no method and path, as in 'GET /notes/{{note_id}}'"
        elif function.access == "read" and not endpoint.startswith("GET "):
            yield "access", f"it is declared as reading, and sends {endpoint}"
        elif function.access == "write" and endpoint.startswith("GET "):
            yield "access", f"it is declared as writing, and sends {endpoint}"
    for param in function.params:
        unknown = [version for version in param.versions if version not in integration.versions]
        if unknown:
            yield "endpoints", f"parameter {param.name}: there is no API version {unknown[0]!r}"


def _access(function: Function) -> Iterator[tuple[str, str]]:
    verb = function.name.partition("_")[0]
    if verb in _WRITES and function.access == "read":
        yield "access", f"{verb} changes something, and it is declared as reading"
    if verb in _READS and function.access == "write":
        yield "access", f"{verb} changes nothing, and it is declared as writing"
