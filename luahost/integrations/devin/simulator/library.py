"""What an organisation keeps besides its sessions: secrets, knowledge, playbooks, schedules and automations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol, TypeVar

from .answers import Refusal
from .draws import drawn_hex
from .pages import page

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .people import Principal

_FOLDER_AGE = 30 * 86400.0
# name, folder it lies in, description: the API cannot make folders, so some are there from the start
_FOLDERS = (
    ("Engineering", None, "How we build, test and review"),
    ("Releases", "Engineering", "How a version gets out"),
    ("Support", None, "What customers ask, and what we answer"),
)


class Secret(NamedTuple):
    """A secret without its value: nothing ever reads that."""

    id: str
    kind: str
    key: str
    note: str | None
    is_sensitive: bool
    created_by: Principal
    created_at: float


class Folder(NamedTuple):
    id: str
    name: str
    path: str
    description: str
    parent_id: str | None
    created_at: float


class Note(NamedTuple):
    id: str
    name: str
    body: str
    trigger: str
    folder_id: str | None
    is_enabled: bool
    pinned_repo: str | None
    macro: str | None
    created_by: Principal
    created_at: float
    updated_at: float


class Playbook(NamedTuple):
    id: str
    title: str
    body: str
    macro: str | None
    schema: dict[str, Any] | None  # of the structured output
    created_by: Principal
    updated_by: Principal
    created_at: float
    updated_at: float


class Schedule(NamedTuple):
    id: str
    options: dict[str, Any]  # as v3 names them
    created_by: Principal
    edited_by: Principal | None
    created_at: float
    updated_at: float


class Automation(NamedTuple):
    id: str
    options: dict[str, Any]
    created_by: Principal
    created_at: float


class _Entry(Protocol):
    @property
    def id(self) -> str: ...


Entry = TypeVar("Entry", bound=_Entry)


class Shelf(Generic[Entry]):
    """The entries of one kind by id, in the order of their making."""

    def __init__(self, seed: int, noun: str, prefix: str) -> None:
        self._seed = seed
        self._noun = noun
        self._prefix = prefix
        self._entries: dict[str, Entry] = {}
        # What is deleted stays here: who deletes as they page holds cursors that name it.
        self._ever: dict[str, None] = {}

    def next_id(self) -> str:
        """The id for the entry to be put next."""
        return f"{self._prefix}{drawn_hex(self._seed, self._noun, len(self._ever))}"

    def put(self, entry: Entry) -> Entry:
        """Keeps a new entry, or a new state of a known one."""
        self._ever[entry.id] = None
        self._entries[entry.id] = entry
        return entry

    def find(self, entry_id: str) -> Entry | None:
        return self._entries.get(entry_id)

    def get(self, entry_id: str) -> Entry:
        entry = self._entries.get(entry_id)
        if entry is None:
            raise Refusal(404, f"{self._noun} {entry_id} not found")
        return entry

    def remove(self, entry_id: str) -> Entry:
        """The entry as it was last."""
        entry = self.get(entry_id)
        del self._entries[entry_id]
        return entry

    def newest_first(self) -> list[Entry]:
        return list(reversed(self._entries.values()))

    def page(
        self,
        query: dict[str, Any],
        show: Callable[[Entry], dict[str, Any]],
        found: Sequence[Entry] | None = None,
    ) -> dict[str, Any]:
        """One page of all entries, or of those `found`, newest first."""
        return page(
            self.newest_first() if found is None else found,
            query,
            name=lambda entry: entry.id,
            show=show,
            order=list(reversed(self._ever)),
        )


class Library:
    def __init__(self, seed: int, now: float) -> None:
        # v3 shows no sample of a secret's id, and v1 only sec_xxx.
        self.secrets: Shelf[Secret] = Shelf(seed, "Secret", "sec_")
        self.notes: Shelf[Note] = Shelf(seed, "Note", "note-")
        self.playbooks: Shelf[Playbook] = Shelf(seed, "Playbook", "playbook-")
        self.schedules: Shelf[Schedule] = Shelf(seed, "Schedule", "sched-")
        self.automations: Shelf[Automation] = Shelf(seed, "Automation", "automation-")
        self.folders: dict[str, Folder] = {}
        known: dict[str, Folder] = {}
        for name, parent_name, description in _FOLDERS:
            parent = known[parent_name] if parent_name is not None else None
            folder = Folder(
                id=f"folder-{drawn_hex(seed, 'Folder', name)}",
                name=name,
                path=f"{parent.path if parent is not None else ''}/{name}",
                description=description,
                parent_id=parent.id if parent is not None else None,
                created_at=now - _FOLDER_AGE,
            )
            known[name] = self.folders[folder.id] = folder

    def add_secret(
        self,
        principal: Principal,
        now: float,
        *,
        kind: str,
        key: str,
        note: str | None,
        is_sensitive: bool,
    ) -> Secret:
        """A new secret; a conflict when the organisation has one of this key."""
        if any(secret.key == key for secret in self.secrets.newest_first()):
            raise Refusal(409, "Secret name is not unique")
        secret = Secret(
            id=self.secrets.next_id(),
            kind=kind,
            key=key,
            note=note,
            is_sensitive=is_sensitive,
            created_by=principal,
            created_at=now,
        )
        return self.secrets.put(secret)

    def folder(self, folder_id: str | None) -> Folder | None:
        """None is the root."""
        if folder_id is None:
            return None
        if folder_id not in self.folders:
            raise Refusal(404, f"Folder {folder_id} not found")
        return self.folders[folder_id]
