"""What a run may call: read and write, allow, ask or deny."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal

from luahost.errors import ApprovalRequired, PermissionDenied, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from luahost.spec import Function

Decision = Literal["allow", "ask", "deny"]
_STRICTNESS = {"allow": 0, "ask": 1, "deny": 2}


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a permissions table: `subject` is read, write, a function, or a pattern such as `list_*`.

    A rule with an account counts there and comes before one without.
    """

    integration: str
    subject: str
    decision: Decision
    account: str | None = None

    def __post_init__(self) -> None:
        if self.decision not in tuple(_STRICTNESS):
            raise UsageError(
                f"permission {self.subject}: {self.decision!r} is not a decision",
                hint="write allow, ask or deny",
            )

    def rank(self, integration: str, function: Function, account: str) -> tuple[int, int] | None:
        """How closely the rule fits: by function 3, pattern 2, read or write 1; then by account. None: not at all."""
        if self.integration != integration or self.account not in (None, account):
            return None
        if self.subject == function.name:
            fit = 3
        elif self.subject == function.access:
            fit = 1
        elif "*" in self.subject and fnmatchcase(function.name, self.subject):
            fit = 2
        else:
            return None
        return fit, int(self.account is not None)


@dataclass(frozen=True, slots=True)
class Policy:
    """Who may call what. The defaults are those of an embedded host: reading is allowed, writing is asked about.

    `rules` come from config.toml; where none fits, `read` and `write` decide. `read_only` denies every write,
    whatever the rules say.
    """

    read: Decision = "allow"
    write: Decision = "ask"
    rules: tuple[Rule, ...] = field(default=())
    read_only: bool = False

    def __post_init__(self) -> None:
        for name in ("read", "write"):
            if getattr(self, name) not in tuple(_STRICTNESS):
                raise UsageError(
                    f"policy {name}: {getattr(self, name)!r} is not a decision",
                    hint="write allow, ask or deny",
                )

    def decide(self, integration: str, function: Function, account: str) -> Decision:
        """A function beats a pattern beats read or write; an account's rule the general one; the stricter of equals."""
        if self.read_only and function.access == "write":
            return "deny"
        fitting = [
            (rank, rule) for rule in self.rules if (rank := rule.rank(integration, function, account)) is not None
        ]
        if not fitting:
            return self.read if function.access == "read" else self.write
        best = max(rank for rank, _ in fitting)
        return max((rule.decision for rank, rule in fitting if rank == best), key=_STRICTNESS.__getitem__)

    def enforce(self, integration: str, function: Function, account: str) -> None:
        """Return when the call may be made; raise PermissionDenied or ApprovalRequired when not."""
        decision = self.decide(integration, function, account)
        if self.read_only and function.access == "write":
            raise PermissionDenied("this run may only read", hint="run it without --read-only")
        place = f"[integrations.{integration}.permissions]"
        if decision == "deny":
            raise PermissionDenied(
                f"{function.access} calls such as this are denied by policy",
                hint=f'allow it in config.toml, {place}: {function.name} = "allow"',
            )
        if decision == "ask":
            raise ApprovalRequired(
                "this call needs approval, and nobody is there to give it",
                hint=f'allow it with Policy({function.access}="allow"), '
                f'or in config.toml, {place}: {function.name} = "allow"',
            )


def rules_from(table: Mapping[str, object], integration: str, account: str | None = None) -> tuple[Rule, ...]:
    """The rules of one permissions table of config.toml."""
    found = []
    for subject, decision in table.items():
        if not isinstance(decision, str):
            raise UsageError(f"permission {subject}: allow, ask or deny was expected, not {decision!r}")
        found.append(Rule(integration, subject, decision, account))  # type: ignore[arg-type]  # Rule checks it
    return tuple(found)
