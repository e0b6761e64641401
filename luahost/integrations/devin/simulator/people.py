"""Who holds a key: one person or service user for each simulated account, all in one organisation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .draws import drawn_hex

if TYPE_CHECKING:
    from collections.abc import Iterable

VIEW_MEMBERS = "ViewOrgMembership"
IMPERSONATE = "ImpersonateOrgSessions"
VIEW_CONSUMPTION = "ViewOrgConsumption"
VIEW_METRICS = "ViewOrgMetrics"  # documented only as ViewAccountMetrics, of the enterprise
REVIEW = "UseReviewManual"
INDEX = "IndexOrgRepositories"
MANAGE_ENTERPRISE = "ManageEnterpriseSettings"
_OVERSIGHT = frozenset({VIEW_CONSUMPTION, VIEW_METRICS, REVIEW, INDEX, MANAGE_ENTERPRISE})
MANAGE_SECRETS = "ManageOrgSecrets"
MANAGE_NOTES = "ManageAccountKnowledge"
MANAGE_FOLDERS = "ManageKnowledge"
MANAGE_PLAYBOOKS = "ManageAccountPlaybooks"
MANAGE_SCHEDULES = "ManageOrgSchedules"
VIEW_AUTOMATIONS = "ViewOrgAutomations"
MANAGE_AUTOMATIONS = "ManageOrgAutomations"

_LIBRARY = frozenset(
    {
        MANAGE_SECRETS,
        MANAGE_NOTES,
        MANAGE_FOLDERS,
        MANAGE_PLAYBOOKS,
        MANAGE_SCHEDULES,
        VIEW_AUTOMATIONS,
        MANAGE_AUTOMATIONS,
    }
)

# account → (is a human, name, email, permissions beyond those for sessions)
_KNOWN: dict[str, tuple[bool, str, str | None, frozenset[str]]] = {
    "default": (True, "Ada Lovelace", "ada@example.com", frozenset({VIEW_MEMBERS}) | _LIBRARY | _OVERSIGHT),
    "work": (False, "CI Bot", None, frozenset({VIEW_MEMBERS, IMPERSONATE}) | _LIBRARY | _OVERSIGHT),
    # A key that may not read members is how a caller meets a user without an email, and any other 403.
    "personal": (True, "Grace Hopper", "grace@example.com", frozenset()),
}


class Principal:
    """The holder of an account's keys, with what the keys may do."""

    def __init__(self, account: str, seed: int) -> None:
        fallback = (False, account, None, frozenset({VIEW_MEMBERS, IMPERSONATE}) | _LIBRARY | _OVERSIGHT)
        human, self.name, self.email, self.permissions = _KNOWN.get(account, fallback)
        self.account = account
        self.kind = "pat_user" if human else "service_user"
        self.user_id = f"user-{drawn_hex(seed, 'user', account)}" if human else None
        self.service_user_id = None if human else f"service-user-{drawn_hex(seed, 'service', account)}"
        self.api_key_id = f"api-key-{drawn_hex(seed, 'key id', account, length=16)}"
        self.v3_key = f"cog_{drawn_hex(seed, 'v3 key', account, length=48)}"
        # v1 tells a human's key from a service's by its prefix; v3 does not.
        self.v1_key = f"apk_{'user_' if human else ''}{drawn_hex(seed, 'v1 key', account, length=48)}"

    @property
    def id(self) -> str:
        """The user's id or the service user's, for `created_by` and its like."""
        return str(self.user_id or self.service_user_id)

    def identity(self, org_id: str) -> dict[str, Any]:
        """The answer of `GET /v3/self`: no email and no field called `name` in any of its kinds."""
        if self.service_user_id is not None:
            return {
                "principal_type": self.kind,
                "service_user_id": self.service_user_id,
                "service_user_name": self.name,
                "org_id": org_id,
            }
        return {
            "principal_type": self.kind,
            "user_id": self.user_id,
            "user_name": self.name,
            "api_key_id": self.api_key_id,
            "api_key_name": f"{self.account} token",
            "org_id": org_id,
        }

    def member(self, org_id: str) -> dict[str, Any]:
        role = {"role_id": "org_member", "role_name": "Member", "role_type": "org"}
        return {
            "user_id": self.user_id,
            "email": self.email,
            "name": self.name,
            "role_assignments": [{"role": role, "org_id": org_id}],
            "idp_role_assignments": [],
        }


class People:
    """The principals by account and by key."""

    def __init__(self, accounts: Iterable[str], seed: int) -> None:
        self.by_account = {account: Principal(account, seed) for account in accounts}
        self._by_key: dict[str, tuple[str, Principal]] = {}
        for principal in self.by_account.values():
            self._by_key[principal.v3_key] = ("v3", principal)
            self._by_key[principal.v1_key] = ("v1", principal)

    def holder(self, authorization: str) -> tuple[str, Principal] | None:
        """The API version of a bearer key and who holds it; None for anything else."""
        scheme, _, key = authorization.partition(" ")
        return self._by_key.get(key.strip()) if scheme.lower() == "bearer" else None

    @property
    def users(self) -> list[Principal]:
        return [principal for principal in self.by_account.values() if principal.user_id is not None]

    def user(self, user_id: str) -> Principal | None:
        return next((user for user in self.users if user.user_id == user_id), None)
