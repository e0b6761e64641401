"""v3: the organisation's knowledge, as notes in folders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import checks
from .library import Note
from .pages import PAGE_QUERY
from .people import MANAGE_FOLDERS, MANAGE_NOTES
from .queries import Reader, read_query, word
from .routes import Call, Route

if TYPE_CHECKING:
    from collections.abc import Callable

    from .library import Folder, Library

ROOT = "/"

_TEXT = checks.text()
_BODY = checks.fields(
    {"name": _TEXT, "body": _TEXT, "trigger": _TEXT},
    {
        "folder_id": checks.nullable(_TEXT),
        "is_enabled": checks.nullable(checks.flag),
        "pinned_repo": checks.nullable(_TEXT),
    },
)
_LIST_QUERY: dict[str, Reader] = {**PAGE_QUERY, "search": word, "folder_path": word, "pinned_repo": word}


def _path(library: Library, note: Note) -> str:
    folder = library.folder(note.folder_id)
    return folder.path if folder is not None else ROOT


def _view(call: Call, note: Note) -> dict[str, Any]:
    return {
        "note_id": note.id,
        "folder_id": note.folder_id,
        "folder_path": _path(call.organization.library, note),
        "name": note.name,
        "body": note.body,
        "trigger": note.trigger,
        "is_enabled": note.is_enabled,
        "created_at": int(note.created_at),
        "updated_at": int(note.updated_at),
        "access_type": "org",
        "org_id": call.organization.id,
        "macro": note.macro,
        "pinned_repo": note.pinned_repo,
    }


_FILTERS: dict[str, Callable[[Library, Note, str], bool]] = {
    "search": lambda _, note, wanted: any(
        wanted.lower() in text.lower() for text in (note.name, note.body, note.trigger)
    ),
    "folder_path": lambda library, note, wanted: _path(library, note) == wanted,
    "pinned_repo": lambda _, note, wanted: note.pinned_repo == wanted,
}


def list_all(call: Call) -> dict[str, Any]:
    query = read_query(call.request, _LIST_QUERY)
    library = call.organization.library
    found = [
        note
        for note in library.notes.newest_first()
        if all(fits(library, note, query[name]) for name, fits in _FILTERS.items() if query.get(name))
    ]
    return library.notes.page(query, lambda note: _view(call, note), found)


def create(call: Call) -> dict[str, Any]:
    body = checks.read_body(call.request, _BODY)
    library = call.organization.library
    library.folder(body.get("folder_id"))
    note = Note(
        id=library.notes.next_id(),
        macro=None,
        created_by=call.principal,
        created_at=call.now,
        updated_at=call.now,
        **_content(body),
    )
    call.log("create_knowledge", note_id=note.id)
    return _view(call, library.notes.put(note))


def read(call: Call) -> dict[str, Any]:
    return _view(call, call.organization.library.notes.get(call.path["note_id"]))


def update(call: Call) -> dict[str, Any]:
    """A PUT says everything: what it leaves out is as in a new note, except the macro, which it cannot say."""
    body = checks.read_body(call.request, _BODY)
    library = call.organization.library
    note = library.notes.get(call.path["note_id"])
    library.folder(body.get("folder_id"))
    call.log("edit_knowledge", note_id=note.id)
    return _view(call, library.notes.put(note._replace(updated_at=call.now, **_content(body))))


def delete(call: Call) -> dict[str, Any]:
    note = call.organization.library.notes.remove(call.path["note_id"])
    call.log("delete_knowledge", note_id=note.id)
    return _view(call, note)


def _content(body: dict[str, Any]) -> dict[str, Any]:
    enabled = body.get("is_enabled")
    return {
        "name": body["name"],
        "body": body["body"],
        "trigger": body["trigger"],
        "folder_id": body.get("folder_id"),
        "is_enabled": True if enabled is None else enabled,
        "pinned_repo": body.get("pinned_repo"),
    }


def list_folders(call: Call) -> dict[str, Any]:
    library = call.organization.library
    homes = [note.folder_id for note in library.notes.newest_first()]

    def view(folder: Folder) -> dict[str, Any]:
        return {
            "folder_id": folder.id,
            "name": folder.name,
            "path": folder.path,
            "note_count": homes.count(folder.id),
            "parent_folder_id": folder.parent_id,
        }

    return {"folders": [view(folder) for folder in library.folders.values()], "root_note_count": homes.count(None)}


_NOTES = "/v3/organizations/{org_id}/knowledge/notes"
_NOTE = _NOTES + "/{note_id}"

ROUTES = [
    Route("GET", _NOTES, list_all, MANAGE_NOTES),
    Route("POST", _NOTES, create, MANAGE_NOTES),
    Route("GET", _NOTE, read, MANAGE_NOTES),
    Route("PUT", _NOTE, update, MANAGE_NOTES),
    Route("DELETE", _NOTE, delete, MANAGE_NOTES),
    Route("GET", "/v3/organizations/{org_id}/knowledge/folders", list_folders, MANAGE_FOLDERS),
]
