"""The reference page of an integration, as Markdown: rendered from the spec, and from nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from luahost.spec import Example, Function, Integration, Param


def integration_page(integration: Integration) -> str:
    """The whole page: every function, then what holds for all of them."""
    lines = [f"# {integration.title} — Lua API Reference", "", integration.summary, ""]
    for function in integration.functions:
        lines += _function(integration, function, "##")
    for example in integration.examples:
        lines += [f"## {example.title}", ""]
        lines += [
            (
                f"If you have multiple {integration.title.split()[0]} accounts configured, "
                "use account-specific namespaces:"
            ),
            "",
        ]
        lines += _code(example)
        lines += ["All functions are identical across accounts — only the credentials differ.", ""]
    return "\n".join(lines).rstrip() + "\n"


def function_page(integration: Integration, function: Function) -> str:
    """The page of one function."""
    return "\n".join(_function(integration, function, "#")).rstrip() + "\n"


def _function(integration: Integration, function: Function, head: str) -> list[str]:
    lines = [f"{head} {function.name}", "", function.summary, "", f"{head}# Parameters", ""]
    if function.params:
        lines += ["| Name | Type | Required | Description |", "|---|---|---|---|"]
        for param in function.params:
            required = "yes" if param.required else "no"
            lines.append(f"| `{param.name}` | {param.type_text} | {required} | {explained(param)} |")
    else:
        lines.append("None.")
    lines += ["", f"{head}# Returns", ""]
    if function.returns:
        lines += ["| Field | Type | Always | Description |", "|---|---|---|---|"]
        for field in function.returns:
            always = (", ".join(field.versions) or "yes") if field.always else "no"
            some = not field.always and set(field.versions) & set(function.endpoints) != set(function.endpoints)
            only = f" ({', '.join(field.versions)})" if some and field.versions else ""
            lines.append(f"| `{field.name}` | {field.type} | {always} | {field.description}{only} |")
        lines += ["", "Other fields are as the API sends them."]
    if function.examples:
        lines += ["", f"{head}# Examples", ""]
        for example in function.examples:
            if example.title:
                lines += [f"{example.title}:", ""]
            lines += _code(example)
    for note in function.notes:
        lines += [note, ""]
    if lines[-1]:
        lines.append("")
    if function.endpoints:
        what = "writes" if function.access == "write" else "reads"
        calls = "; ".join(f"{version}: `{endpoint}`" for version, endpoint in function.endpoints.items())
        lines += [f"`app.integrations.{integration.name}.{function.name}` {what}. {calls}.", ""]
    return lines


def explained(param: Param) -> str:
    """What a parameter is for, and what holds for it."""
    rules = "; ".join(_rules(param))
    return param.description + (f" ({rules})" if rules else "")


def _rules(param: Param) -> list[str]:
    """What holds for a parameter beyond its type, in words."""
    unit = {"string": " characters", "array": " entries", "bytes": " bytes"}.get(param.type, "")
    least, most = (param.minimum, param.maximum) if not unit else (None, param.max_length)
    found = []
    if param.enum:
        found.append(f"one of {', '.join(param.enum)}")
    if least is not None and most is not None:
        found.append(f"{least:.14g} to {most:.14g}")
    elif least is not None:
        found.append(f"at least {least:.14g}")
    elif most is not None:
        found.append(f"at most {most}{unit}")
    if param.versions:
        found.append(f"API {', '.join(param.versions)}")
    return found


def _code(example: Example) -> list[str]:
    return ["```lua", *example.code.rstrip("\n").split("\n"), "```", ""]
