"""v1: the same knowledge in the shapes of the deprecated API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import checks
from .answers import EMPTY, Answer
from .clock import iso
from .library import Note
from .routes import Call, Route
from .v3_playbooks import MACRO

if TYPE_CHECKING:
    from .library import Folder

_TEXT = checks.text()
_BODY = checks.fields(
    {"name": _TEXT, "body": _TEXT, "trigger_description": _TEXT},
    {
        "parent_folder_id": checks.nullable(_TEXT),
        "pinned_repo": checks.nullable(checks.matching("all|[^/ ]+/[^/ ]+")),
        "macro": checks.nullable(MACRO),
    },
)


def _view(note: Note) -> dict[str, Any]:
    return {
        "id": note.id,
        "name": note.name,
        "body": note.body,
        "trigger_description": note.trigger,
        "parent_folder_id": note.folder_id,
        "pinned_repo": note.pinned_repo,
        "macro": note.macro,
        "created_at": iso(note.created_at),
        "created_by": {"id": note.created_by.id, "full_name": note.created_by.name, "image_url": None},
    }


def _folder_view(folder: Folder) -> dict[str, Any]:
    return {
        "id": folder.id,
        "name": folder.name,
        "description": folder.description,
        "created_at": iso(folder.created_at),
    }


def list_all(call: Call) -> dict[str, Any]:
    library = call.organization.library
    return {
        "knowledge": [_view(note) for note in library.notes.newest_first()],
        "folders": [_folder_view(folder) for folder in library.folders.values()],
    }


def create(call: Call) -> dict[str, Any]:
    body = checks.read_body(call.request, _BODY)
    library = call.organization.library
    library.folder(body.get("parent_folder_id"))
    note = Note(
        id=library.notes.next_id(),
        is_enabled=True,
        created_by=call.principal,
        created_at=call.now,
        updated_at=call.now,
        **_content(body),
    )
    call.log("create_knowledge", note_id=note.id)
    return _view(library.notes.put(note))


def update(call: Call) -> dict[str, Any]:
    body = checks.read_body(call.request, _BODY)
    library = call.organization.library
    note = library.notes.get(call.path["note_id"])
    library.folder(body.get("parent_folder_id"))
    call.log("edit_knowledge", note_id=note.id)
    return _view(library.notes.put(note._replace(updated_at=call.now, **_content(body))))


def delete(call: Call) -> Answer:
    note = call.organization.library.notes.remove(call.path["note_id"])
    call.log("delete_knowledge", note_id=note.id)
    return EMPTY


def _content(body: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": body["name"],
        "body": body["body"],
        "trigger": body["trigger_description"],
        "folder_id": body.get("parent_folder_id"),
        "pinned_repo": body.get("pinned_repo"),
        "macro": body.get("macro"),
    }


ROUTES = [
    Route("GET", "/v1/knowledge", list_all),
    Route("POST", "/v1/knowledge", create),
    Route("PUT", "/v1/knowledge/{note_id}", update),
    Route("DELETE", "/v1/knowledge/{note_id}", delete),
]
