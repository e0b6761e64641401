"""Playbooks: instructions that sessions follow."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from luahost.integrations.devin.functions.common import (
    CURSOR,
    LIMIT,
    ORG,
    V3,
    Json,
    endpoints,
    field,
    identifier,
    list_function,
    text,
)  # fmt: skip
from luahost.integrations.devin.operations import by_version, expect, pages, promised, send, simple, single_page
from luahost.spec import Example, Function, Param

if TYPE_CHECKING:
    from luahost.spec import Call

PLAYBOOK_ID = identifier("playbook_id", "The playbook's id")
CONTENT = (
    text("title", "What it is called", required=True),
    text("body", "What to do", required=True),
    text("macro", "A word that stands for it", pattern=r"![A-Za-z0-9_-]+", pattern_hint="! and letters, digits, _, -"),
    Param(
        name="structured_output_schema", type="object", max_bytes=65536, versions=V3,
        description="JSON Schema (draft 7) of the result of sessions that follow it",
    ),
)  # fmt: skip
PLAYBOOK = (
    field("playbook_id", "string", "The playbook's id"),
    field("title", "string", "What it is called"),
    field("body", "string", "What to do"),
    field("macro", "string", "The word that stands for it", always=False),
)

LIST_PLAYBOOKS = list_function(
    "list_playbooks",
    "List the playbooks.",
    v3=f"GET {ORG}/playbooks",
    v1="GET /v1/playbooks",
    paging=(LIMIT, replace(CURSOR[1], versions=V3), CURSOR[2]),
    returns="Playbooks, each as get_playbook gives it",
    walk=by_version(v3=pages, v1=single_page(lambda found: found)),
    example="""\
for playbook in each(app.integrations.devin.list_playbooks) do
  print(playbook.playbook_id, playbook.title)
end
""",
)

_MAKE = """\
local devin = app.integrations.devin
local playbook = devin.create_playbook({
  title = "Upgrade a dependency",
  body = "1. Read its changelog. 2. Upgrade. 3. Run all tests."
})
"""

GET_PLAYBOOK = Function(
    name="get_playbook",
    summary="Read a playbook.",
    access="read",
    handler=simple(),
    params=(PLAYBOOK_ID,),
    returns=PLAYBOOK,
    examples=(Example(code=_MAKE + "print(devin.get_playbook({ playbook_id = playbook.playbook_id }).body)\n"),),
    endpoints=endpoints(f"GET {ORG}/playbooks/{{playbook_id}}", "GET /v1/playbooks/{playbook_id}"),
)

CREATE_PLAYBOOK = Function(
    name="create_playbook",
    summary="Write a playbook.",
    access="write",
    handler=simple(),
    params=CONTENT,
    returns=PLAYBOOK,
    examples=(Example(code=_MAKE + "print(playbook.playbook_id)\n"),),
    endpoints=endpoints(f"POST {ORG}/playbooks", "POST /v1/playbooks"),
)


def _update(call: Call, arguments: Json) -> Json:
    answer: Any = send(call, arguments)
    if call.version == "v1":  # which says no more than success
        said = expect(answer, None, "writing a playbook") if answer is not None else {}
        answer = {**said, **arguments}
    return promised(call, answer)


UPDATE_PLAYBOOK = Function(
    name="update_playbook",
    summary="Write a playbook anew: all that it says is given again.",
    access="write",
    handler=_update,
    params=(PLAYBOOK_ID, *CONTENT),
    returns=PLAYBOOK,
    examples=(
        Example(
            code=_MAKE
            + """\
devin.update_playbook({
  playbook_id = playbook.playbook_id,
  title = playbook.title,
  body = playbook.body .. " 4. Write what changed."
})
"""
        ),
    ),
    endpoints=endpoints(f"PUT {ORG}/playbooks/{{playbook_id}}", "PUT /v1/playbooks/{playbook_id}"),
    notes=("API v1 answers with its success alone: the fields are then those that were sent.",),
)

DELETE_PLAYBOOK = Function(
    name="delete_playbook",
    summary="Delete a playbook.",
    access="write",
    handler=simple(),
    params=(PLAYBOOK_ID,),
    returns=(
        field("playbook_id", "string", "The id of what was deleted (v3)", always=False),
        field("status", "string", "What the API says (v1)", always=False),
    ),
    examples=(Example(code=_MAKE + "devin.delete_playbook({ playbook_id = playbook.playbook_id })\n"),),
    endpoints=endpoints(f"DELETE {ORG}/playbooks/{{playbook_id}}", "DELETE /v1/playbooks/{playbook_id}"),
)

ALL = (LIST_PLAYBOOKS, GET_PLAYBOOK, CREATE_PLAYBOOK, UPDATE_PLAYBOOK, DELETE_PLAYBOOK)
