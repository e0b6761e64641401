"""What an API answered, as the table that a function promises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from luahost.errors import InvalidResponse

if TYPE_CHECKING:
    from luahost.spec import Call

    Json = dict[str, Any]


def expect(answer: Any, field: str | None, what: str) -> Json:
    """The answer as an object that has the text `field`; raises InvalidResponse, naming what is missing.

    With None for `field`, as any object; `what` was asked for.
    """
    if not isinstance(answer, dict):
        raise InvalidResponse(f"the answer to {what} is not an object", details={"answer": answer})
    if field is not None and not isinstance(answer.get(field), str):
        raise InvalidResponse(f"the answer to {what} has no {field}", details={"answer": answer, "field": field})
    return answer


def promised(call: Call, answer: Any) -> Json:
    """The answer as a table that has every field the reference promises; raises InvalidResponse, with the rest kept."""
    if isinstance(answer, list):
        answer = {call.function.entries: answer}
    if answer is None:
        answer = {}
    found = expect(answer, None, call.function.name)
    for field in call.function.returns:
        given = not field.versions or call.version in field.versions
        if field.always and given and found.get(field.name) is None:
            raise InvalidResponse(f"the answer has no {field.name}", details={"answer": found, "field": field.name})
    return found
