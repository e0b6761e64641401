"""`luahost list`, `search`, `docs` and `schema`: the reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from luahost.cli import output
from luahost.errors import InvalidArguments, UsageError
from luahost.integrations import catalog
from luahost.reference import pages
from luahost.reference.schema import arguments_schema

if TYPE_CHECKING:
    from argparse import ArgumentParser

_MOST_SHOWN = 4  # parameters of each function in the list for people; luahost docs has them all

DESCRIPTIONS = {
    "list": "List the functions of all integrations.",
    "search": "Search the reference: what you want to do, in words of your own.",
    "docs": "Read a page of the reference: an integration, one function, or what scripts have besides. "
    "Without a page, the names of all there is.",
    "schema": "Print the JSON Schema of a function's arguments.",
}


def main(parser: ArgumentParser, argv: list[str]) -> int:
    command = argv[0]
    if command == "search":
        parser.add_argument("text", nargs="+", metavar="TEXT")
    elif command == "docs":
        parser.add_argument("page", nargs="?", metavar="PAGE", help="as in devin, devin.create_session, or each")
    elif command == "schema":
        parser.add_argument("function", metavar="FUNCTION", help="as in devin.create_session")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(argv[1:])
    integrations = catalog.load()
    for each in integrations.refused:
        output.note(str(each))
    if command == "schema":
        output.print_json(_schema(integrations, options.function))
    elif command == "docs":
        text = _page(integrations, options.page or "")
        if options.json:
            output.print_json({"page": options.page or "", "markdown": text})
        else:
            output.print_markdown(text)
    elif command == "search":
        found = pages.search(integrations, " ".join(options.text))
        if options.json:
            output.print_json(found)
        elif found:
            output.print_table(("page", "what it is about"), [(row["page"], row["summary"]) for row in found])
        else:
            output.note("nothing was found; luahost list shows all there is")
    else:
        rows = pages.rows(integrations)
        if options.json:
            output.print_json(rows)
        else:
            table = [(row["call"], row["access"], _signature(row["parameters"]), row["summary"]) for row in rows]
            output.print_table(("call", "access", "parameters", "what it does"), table)
    return 0


def _signature(parameters: list[dict[str, object]]) -> str:
    words = [f"{each['name']}{'' if each['required'] else '?'}" for each in parameters]
    return ", ".join(words[:_MOST_SHOWN] + ["…"] * (len(words) > _MOST_SHOWN)) or "-"


def _page(integrations: pages.Catalog, page: str) -> str:
    try:
        return pages.read(integrations, page)
    except InvalidArguments as error:
        raise UsageError(error.message, hint=error.hint) from None


def _schema(integrations: pages.Catalog, name: str) -> dict[str, object]:
    integration, function = pages.find(integrations, name) or (None, None)
    if integration is None or function is None:
        error = pages.unknown(integrations, "function", name)
        raise UsageError(error.message, hint=error.hint)
    return arguments_schema(integration, function)
