"""What all tasks of a map share, as plain data: it goes to processes and machines, and holds no credential."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from luahost import __version__
from luahost.errors import UsageError

if TYPE_CHECKING:
    from luahost.calls.policy import Policy
    from luahost.results import Limits


def job(
    script: str,
    *,
    name: str,
    account: str,
    modules: Any,
    files: Any,
    limits: Limits,
    policy: Policy | None,
    simulate: bool,
    state: str | None,
    require_seal: str,
    at_once: int,
) -> str:
    """The JSON text of it; the folders are absolute, since workers stand elsewhere.

    `state` is None where nothing is kept on disk: then there are no journals either. `at_once` is how many runs one
    worker may have under way.
    """
    return json.dumps(
        {
            "version": __version__,
            "host": {"simulate": simulate, "require_seal": require_seal},
            "state": state,
            "limits": limits.as_dict(),
            "policy": None if policy is None else _policy(policy),
            "at_once": at_once,
            "script": script,
            "run": {
                "name": name,
                "account": account,
                "modules": absolute(modules),
                "files": absolute(files),
            },
        }
    )


def absolute(folder: Any) -> str | None:
    """The folder as a worker finds it, links as they are: on another machine they may lead elsewhere."""
    return None if folder is None else os.path.abspath(folder)  # noqa: PTH100


def _policy(policy: Policy) -> dict[str, Any]:
    if not hasattr(policy, "all_rules"):
        raise UsageError(f"policy: a Policy was expected, not {policy!r}", hint='as in Policy(write="allow")')
    rules = [[rule.integration, rule.subject, rule.decision, rule.account, rule.source] for rule in policy.all_rules()]
    plain = {name: getattr(policy, name) for name in ("read", "write", "read_only", "confirm")}
    return {**plain, "rules": rules}


def policy_of(plain: dict[str, Any]) -> Policy:
    from luahost.calls.policy import Policy, Rule

    return Policy(**{**plain, "rules": tuple(Rule(*rule) for rule in plain["rules"])})
