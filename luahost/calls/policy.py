"""What a run may call: read and write, allow, ask or deny."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal, NamedTuple

from luahost.errors import PermissionDenied, UsageError

if TYPE_CHECKING:
    from luahost.spec import Function

Decision = Literal["allow", "ask", "deny"]
READ_ONLY, CONFIRM = "read_only", "confirm"  # what decides over all rules
DECISIONS: tuple[Decision, ...] = ("allow", "ask", "deny")  # the later, the stricter
_PARTS = (2, 3)  # of "devin.write" and "devin.work.write"


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a permissions table: `subject` is read, write, a function, or a pattern such as `list_*`.

    A rule with an account counts there and comes before one without. `source` says where it stands, for people.
    """

    integration: str
    subject: str
    decision: Decision
    account: str | None = None
    source: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        _check(f"permission {self.subject}", self.decision)

    @property
    def name(self) -> str:
        """As it is written in `Policy(rules=…)`: devin.write, or devin.work.write for one account."""
        return ".".join(filter(None, (self.integration, self.account, self.subject)))

    def __str__(self) -> str:
        return f"{self.name} = {self.decision}" + (f" ({self.source})" if self.source else "")

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


class Verdict(NamedTuple):
    """What a policy says of a call, and the rule that said it, in words and, where it is one of the rules, itself."""

    decision: Decision
    rule: str
    by: Rule | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """Who may call what. The defaults are those of an embedded host: reading is allowed, writing is asked about.

    `rules` come first, as `{"devin.delete_secret": "deny", "devin.work.write": "ask", "devin.list_*": "allow"}` or as
    Rules; where none fits, `read` and `write` decide. `read_only` denies every write, whatever the rules say;
    `confirm` asks about every write that they allow.

    Raises UsageError for what is no decision and no rule; a host that is given one for a function that does not
    exist raises it too.
    """

    read: Decision = "allow"
    write: Decision = "ask"
    rules: tuple[Rule, ...] | Mapping[str, str] = ()
    read_only: bool = False
    confirm: bool = False

    def __post_init__(self) -> None:
        _check("policy read", self.read)
        _check("policy write", self.write)
        if isinstance(self.rules, Mapping):
            object.__setattr__(self, "rules", tuple(_rule(name, word) for name, word in self.rules.items()))
        elif not isinstance(self.rules, tuple) or not all(isinstance(rule, Rule) for rule in self.rules):
            raise UsageError(
                "policy rules: names and decisions were expected", hint='as in {"devin.delete_secret": "deny"}'
            )

    def all_rules(self) -> tuple[Rule, ...]:
        """The rules as Rules, however they were given."""
        return self.rules if isinstance(self.rules, tuple) else ()

    def decide(self, integration: str, function: Function, account: str) -> Verdict:
        """A function beats a pattern beats read or write; an account's rule the general one; the stricter of equals."""
        writes = function.access == "write"
        if self.read_only and writes:
            return Verdict("deny", READ_ONLY)
        verdict = self._by_rules(integration, function, account)
        if self.confirm and writes and verdict.decision == "allow":
            return Verdict("ask", f"{CONFIRM}, over {verdict.rule}")
        return verdict

    def _by_rules(self, integration: str, function: Function, account: str) -> Verdict:
        fitting = [
            (rank, rule) for rule in self.all_rules() if (rank := rule.rank(integration, function, account)) is not None
        ]
        if not fitting:
            decision = self.read if function.access == "read" else self.write
            return Verdict(decision, f"{function.access} = {decision} (the policy's default)")
        best = max(rank for rank, _ in fitting)
        rule = max((rule for rank, rule in fitting if rank == best), key=lambda rule: DECISIONS.index(rule.decision))
        return Verdict(rule.decision, str(rule), rule)


def denied(verdict: Verdict, integration: str, function: Function) -> PermissionDenied:
    """The error of a call that the policy denies."""
    if verdict.rule == READ_ONLY:
        return PermissionDenied("this run may only read", hint="run it without --read-only, or with another Policy")
    return PermissionDenied(
        f"this is denied by policy: {verdict.rule}",
        hint=f"whoever runs this can allow it: {how_to_allow(verdict, integration, function)}",
    )


def how_to_allow(verdict: Verdict, integration: str, function: Function) -> str:
    """What to change where, so that the policy allows the call."""
    if verdict.rule.startswith(CONFIRM):
        return "run it without --confirm, or with a Policy that has no confirm"
    if verdict.by is not None and (verdict.by.account or verdict.by.subject == function.name):
        place = verdict.by.source or "the rules of its Policy"
        return f"{verdict.by.name} is {verdict.decision} in {place}; it has to be allow"
    return (
        f'in config.toml, [integrations.{integration}.permissions]: {function.name} = "allow", '
        f'or in Python Policy(rules={{"{integration}.{function.name}": "allow"}})'
    )


def rules_from(table: Mapping[str, object], integration: str, account: str | None = None) -> tuple[Rule, ...]:
    """The rules of one permissions table of config.toml."""
    return tuple(
        Rule(integration, subject, decision, account, "config.toml")  # type: ignore[arg-type]  # Rule checks it
        for subject, decision in table.items()
    )


def _rule(name: object, word: object) -> Rule:
    """The rule of `"devin.write": "ask"`, or of `"devin.work.write"` for one account."""
    parts = name.split(".") if isinstance(name, str) else []
    if len(parts) not in _PARTS or not all(parts):
        raise UsageError(
            f"policy rules: {name!r} names no function",
            hint='write "devin.delete_secret", "devin.write", "devin.list_*", or "devin.work.write" for one account',
        )
    account = parts[1] if len(parts) > len(_PARTS) else None
    return Rule(parts[0], parts[-1], word, account)  # type: ignore[arg-type]  # Rule checks it


def _check(what: str, word: object) -> None:
    if not isinstance(word, str) or word not in DECISIONS:
        raise UsageError(f"{what}: {word!r} is not a decision", hint="write allow, ask or deny")
