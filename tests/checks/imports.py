"""The arrows of docs/ARCHITECTURE.md point one way: each package imports only what stands below it.

Run it with `python -m tests.checks.imports`; it prints each arrow that points up, and exits 1.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

LAYERS = {
    "luahost.errors": 0,
    "luahost.strict": 0,
    "luahost.results": 1,
    "luahost.spec": 1,
    "luahost.rest": 1,
    "luahost.declare": 2,
    "luahost.integrations": 2,
    "luahost.reference": 3,
    "luahost.calls": 3,
    "luahost.lua": 4,
    "luahost.agents": 4,
    "luahost.check": 5,
    "luahost.outcome": 5,
    "luahost.parts": 5,
    "luahost.processes": 5,
    "luahost.telemetry": 5,
    "luahost.single": 6,
    "luahost.durable": 6,
    "luahost.execution": 6,
    "luahost.given": 6,
    "luahost.asynchronous": 6,
    "luahost.host": 7,
    "luahost.mapping": 8,
    "luahost.mcp": 8,
    "luahost.documented": 8,
    "luahost.pytest_plugin": 9,
    "luahost.testing": 8,
    "luahost.cli": 9,
    "luahost.__main__": 10,
}
"""What each part stands on: a part imports parts of a lower number, and itself."""

BESIDE = {("luahost.reference", "luahost.calls"), ("luahost.rest", "luahost.spec")}
"""Parts of one height that know each other: the reference suggests page names as calls suggest arguments, and what
sends an endpoint's request does it by the declaration."""

ONLY_IN = {
    "requests": ("luahost/calls/",),
    "urllib3": ("luahost/calls/",),
    "keyring": ("luahost/calls/stored.py", "luahost/cli/doctor.py"),
    "lupa": ("luahost/lua/",),
    "rich": ("luahost/cli/output.py",),
    "prompt_toolkit": ("luahost/cli/toolkit.py",),
    "opentelemetry": ("luahost/telemetry.py",),
    "platformdirs": ("luahost/calls/settings.py",),
    "markdown_it": ("luahost/reference/blocks.py",),
    "pytest": ("luahost/pytest_plugin.py", "luahost/documented/items.py"),
    "dask": ("luahost/mapping/dask.py",),
    "distributed": ("luahost/mapping/dask.py",),
    "tree_sitter": ("luahost/check/reader.py",),
    "tree_sitter_lua": ("luahost/check/reader.py",),
    "mcp": ("luahost/mcp/", "luahost/cli/mcp.py"),
    "mcp_types": ("luahost/mcp/",),
    "anyio": ("luahost/mcp/",),
    "starlette": ("luahost/mcp/",),
    "uvicorn": ("luahost/mcp/",),
    "httptools": ("luahost/mcp/reader.py",),
}
"""Third-party packages, and the only places that import them."""

INTEGRATIONS_KNOW = ("luahost.spec", "luahost.errors", "luahost.rest", "luahost.integrations")


def part_of(module: str) -> str | None:
    """The part of the house that a module belongs to; None for the package itself."""
    return next((part for part in LAYERS if module == part or module.startswith(f"{part}.")), None)


def imports(tree: ast.AST) -> list[tuple[int, str]]:
    """Every module that a file imports, with the line, late imports and those for types included."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            # `from luahost.calls import answers` imports a module of that name.
            found += [(node.lineno, f"{node.module}.{alias.name}") for alias in node.names]
    return found


def problems(folder: Path) -> list[str]:
    """The arrows below `folder` that point the wrong way, as lines for people."""
    found = []
    for path in sorted((folder / "luahost").rglob("*.py")):
        where = path.relative_to(folder).as_posix()
        module = where.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        part = part_of(module)
        for line, name in imports(ast.parse(path.read_text("utf-8"))):
            top = name.partition(".")[0]
            if top in ONLY_IN and not where.startswith(ONLY_IN[top]):
                found.append(f"{where}:{line}: {top} is imported only in {', '.join(ONLY_IN[top])}")
            target = part_of(name)
            if part is None or target is None or part == target or (part, target) in BESIDE:
                continue
            if LAYERS[target] >= LAYERS[part]:
                found.append(f"{where}:{line}: {part} must not import {target}")
            elif part == "luahost.integrations" and not name.startswith(INTEGRATIONS_KNOW):
                found.append(f"{where}:{line}: an integration imports spec, errors and rest only, not {name}")
    return found


def main() -> int:
    found = problems(ROOT)
    print("\n".join(found) or "imports: every arrow points down")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
