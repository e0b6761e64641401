"""Knowledge: notes that Devin remembers, and their folders."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from luahost.errors import InvalidResponse, NotFound
from luahost.integrations.devin.functions.common import (
    CURSOR,
    LIMIT,
    ORG,
    V1,
    V3,
    Json,
    endpoints,
    field,
    flag,
    identifier,
    list_function,
    text,
)  # fmt: skip
from luahost.integrations.devin.operations import by_version, expect, pages, promised, send, simple, single_page
from luahost.spec import Example, Function

if TYPE_CHECKING:
    from luahost.spec import Call

_NAMES = {"v1": {"trigger": "trigger_description", "folder_id": "parent_folder_id"}}
_V1_NAMES = {"id": "note_id", "trigger_description": "trigger", "parent_folder_id": "folder_id"}

NOTE_ID = identifier("note_id", "The note's id")
CONTENT = (
    text("name", "What the note is called", required=True),
    text("body", "What it says", required=True),
    text("trigger", "When Devin should think of it", required=True),
    text("folder_id", "The folder that it lies in"),
    flag("is_enabled", "Whether Devin uses it", versions=V3),
    text("pinned_repo", 'A repository, as owner/name, or "all"'),
    text("macro", "A word that stands for it", versions=V1),
)
NOTE = (
    field("note_id", "string", "The note's id"),
    field("name", "string", "What it is called"),
    field("body", "string", "What it says"),
    field("trigger", "string", "When Devin thinks of it"),
    field("folder_id", "string", "The folder that it lies in", always=False),
    field("folder_path", "string", "That folder's path (v3)", always=False),
    field("is_enabled", "boolean", "Whether Devin uses it (v3)", always=False),
    field("pinned_repo", "string", "The repository that it is for", always=False),
)


def _as_v3(note: Any) -> Any:
    """A note of v1 with v3's names beside its own."""
    if not isinstance(note, dict):
        return note
    return {**note, **{_V1_NAMES[name]: note[name] for name in _V1_NAMES if name in note}}


def _note(call: Call, answer: Any, _arguments: Json) -> Any:
    return _as_v3(answer) if call.version == "v1" else answer


LIST_NOTES = list_function(
    "list_notes",
    "List the knowledge notes.",
    v3=f"GET {ORG}/knowledge/notes",
    v1="GET /v1/knowledge",
    params=(
        text("search", "Those with these words", versions=V3),
        text("folder_path", "Those in a folder", versions=V3),
        text("pinned_repo", "Those for a repository", versions=V3),
    ),
    paging=(LIMIT, replace(CURSOR[1], versions=V3), CURSOR[2]),
    returns="Notes, each as get_note gives it",
    walk=by_version(v3=pages, v1=single_page(lambda found: [_as_v3(each) for each in found["knowledge"]])),
    example="""\
for note in each(app.integrations.devin.list_notes) do
  print(note.note_id, note.name)
end
""",
)


def _get_note(call: Call, arguments: Json) -> Json:
    if call.version == "v3":
        return promised(call, send(call, arguments))
    found = expect(send(call, {}, endpoint=LIST_NOTES.endpoints["v1"]), None, "listing notes")
    notes = found.get("knowledge")
    if not isinstance(notes, list):
        details = {"answer": found, "field": "knowledge"}
        raise InvalidResponse("the answer to listing notes has no list knowledge", details=details)
    for each in notes:
        if isinstance(each, dict) and each.get("id") == arguments["note_id"]:
            return promised(call, _as_v3(each))
    raise NotFound(f"there is no note {arguments['note_id']!r}", status=404)


_MAKE = """\
local devin = app.integrations.devin
local note = devin.create_note({
  name = "How we release",
  body = "Tag main, and let CI publish.",
  trigger = "When asked to release"
})
"""

GET_NOTE = Function(
    name="get_note",
    summary="Read a knowledge note.",
    access="read",
    handler=_get_note,
    params=(NOTE_ID,),
    returns=NOTE,
    examples=(Example(code=_MAKE + "print(devin.get_note({ note_id = note.note_id }).body)\n"),),
    endpoints=endpoints(f"GET {ORG}/knowledge/notes/{{note_id}}", "GET /v1/knowledge"),
)

CREATE_NOTE = Function(
    name="create_note",
    summary="Write a knowledge note, which Devin remembers when its trigger fits.",
    access="write",
    handler=simple(names=_NAMES, shape=_note),
    params=CONTENT,
    returns=NOTE,
    examples=(Example(code=_MAKE + "print(note.note_id)\n"),),
    endpoints=endpoints(f"POST {ORG}/knowledge/notes", "POST /v1/knowledge"),
)

UPDATE_NOTE = Function(
    name="update_note",
    summary="Write a knowledge note anew: all that it says is given again.",
    access="write",
    handler=simple(names=_NAMES, shape=_note),
    params=(NOTE_ID, *CONTENT),
    returns=NOTE,
    examples=(
        Example(
            code=_MAKE
            + """\
devin.update_note({
  note_id = note.note_id,
  name = note.name,
  body = "Tag main; CI publishes, and tells us.",
  trigger = note.trigger
})
"""
        ),
    ),
    endpoints=endpoints(f"PUT {ORG}/knowledge/notes/{{note_id}}", "PUT /v1/knowledge/{note_id}"),
)

DELETE_NOTE = Function(
    name="delete_note",
    summary="Delete a knowledge note.",
    access="write",
    handler=simple(),
    params=(NOTE_ID,),
    returns=(field("note_id", "string", "The id of what was deleted (v3)", always=False),),
    examples=(Example(code=_MAKE + "devin.delete_note({ note_id = note.note_id })\n"),),
    endpoints=endpoints(f"DELETE {ORG}/knowledge/notes/{{note_id}}", "DELETE /v1/knowledge/{note_id}"),
)

LIST_FOLDERS = list_function(
    "list_folders",
    "List the folders of knowledge notes.",
    v3=f"GET {ORG}/knowledge/folders",
    v1="GET /v1/knowledge",
    paging=(LIMIT,),
    entries="folders",
    returns="Folders: folder_id, name; v3 also path, note_count, and `root_note_count` beside them for notes in none",
    walk=single_page(
        lambda found: [
            {**each, "folder_id": each["id"]} if isinstance(each, dict) and "id" in each else each
            for each in found["folders"]
        ]
    ),
    example="""\
for _, folder in ipairs(app.integrations.devin.list_folders().folders) do
  print(folder.folder_id, folder.name)
end
""",
)

ALL = (LIST_NOTES, GET_NOTE, CREATE_NOTE, UPDATE_NOTE, DELETE_NOTE, LIST_FOLDERS)
