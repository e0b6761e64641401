"""What may come next on luahost's command line, from the parsers of its commands, the catalogue and the settings."""

from __future__ import annotations

from argparse import ONE_OR_MORE, REMAINDER, SUPPRESS, ZERO_OR_MORE, ArgumentParser, _SubParsersAction
from typing import TYPE_CHECKING

from luahost.calls.accounts import Accounts
from luahost.calls.settings import Settings
from luahost.cli import COMMANDS, actions_of, load, make_parser, options_of
from luahost.integrations import catalog
from luahost.reference import guides, pages

if TYPE_CHECKING:
    from argparse import Action
    from collections.abc import Iterable

    Found = list[tuple[str, str]]

FILES, FOLDERS = (":files", ""), (":folders", "")
"""The shell's own candidates."""

_SIMULATED = ("default", "personal", "work")
_RUNS = 20  # the newest


class _Made(Exception):
    """A command has said what its words are, and would read them now."""


def parser_of(command: str) -> ArgumentParser:
    """The parser of a command, as the command itself makes it."""
    made = make_parser(command, "")

    def stop(*_: object) -> None:
        raise _Made

    for name in ("parse_args", "parse_intermixed_args"):
        setattr(made, name, stop)
    module = load(command)
    try:
        if command == "run":
            module.main(lambda: made, ["--"], None)  # with an option it reads them with the parser
        else:
            module.main(made, [command])
    except _Made:
        pass
    return made


def candidates(words: list[str]) -> Found:
    """What the last of the words may become, each with a few words about it; the first word is the command."""
    *before, typed = words or [""]
    if not before:
        found = [(name, text) for name, (_, text) in COMMANDS.items()]
        return _beginning([*found, ("--help", "what there is"), ("--version", "")], typed)
    if before[0] == "help":
        return _beginning([(name, text) for name, (_, text) in COMMANDS.items()], typed) if len(before) == 1 else []
    if before[0] not in COMMANDS:
        return []
    return _Line(before[0], before[1:]).candidates(typed)


def _beginning(found: Iterable[tuple[str, str]], typed: str) -> Found:
    return [each for each in found if each[0].startswith(typed) or each in (FILES, FOLDERS)]


class _Line:
    """The words of a command, as far as they have been typed."""

    _waiting: Action | None = None  # the option whose value comes next

    def __init__(self, command: str, words: list[str]) -> None:
        self._parser = parser_of(command)
        self._command = command
        self._words = words
        self._given: list[str] = []  # those that are no option's
        self._used: set[str] = set()
        only_words = False
        for word in words:
            if self._waiting is not None:
                self._waiting = None
                continue
            if only_words or word == "-" or not word.startswith("-"):
                self._take(word)
                only_words = only_words or self._is_rest()
            elif word == "--":
                only_words = True
            else:
                self._option(word)
        self._only_words = only_words

    def _take(self, word: str) -> None:
        for action in actions_of(self._parser):
            if isinstance(action, _SubParsersAction) and not self._given and word in action.choices:
                self._parser = action.choices[word]
                self._command += f" {word}"
                return
        self._given.append(word)

    def _option(self, word: str) -> None:
        name, equals, _ = word.partition("=")
        action = options_of(self._parser).get(name)
        self._used.add(name)
        if action is not None and action.nargs != 0 and not equals:
            self._waiting = action
            if action.dest == "code":
                self._given.append("-e")  # stands for the script

    def _positional(self, index: int) -> Action | None:
        """The one that the word of this index is for."""
        for action in actions_of(self._parser):
            if action.option_strings or action.help == SUPPRESS:
                continue
            if index == 0 or action.nargs in (REMAINDER, ZERO_OR_MORE, ONE_OR_MORE):
                return action
            index -= 1
        return None

    def _is_rest(self) -> bool:
        """Whether what follows belongs to a script, and is no option of ours."""
        found = self._positional(len(self._given) - 1)
        return found is not None and found.nargs == REMAINDER

    def candidates(self, typed: str) -> Found:
        if self._waiting is not None:
            return self._values(self._waiting, typed)
        name, equals, value = typed.partition("=")
        if typed.startswith("-") and not self._only_words:
            if not equals:
                return _beginning(self._unused(), typed)
            action = options_of(self._parser).get(name)
            found = self._values(action, value) if action is not None and action.nargs != 0 else []
            return [each if each in (FILES, FOLDERS) else (f"{name}={each[0]}", each[1]) for each in found]
        action = self._positional(len(self._given))
        return [] if action is None else self._values(action, typed)

    def _unused(self) -> Found:
        return [
            (name, action.help or "")
            for name, action in options_of(self._parser).items()
            if name.startswith("--") and (name not in self._used or isinstance(action.default, (list, tuple)))
        ]

    def _values(self, action: Action, typed: str) -> Found:
        if isinstance(action, _SubParsersAction):
            return _beginning([(each.dest, each.help or "") for each in action._choices_actions], typed)  # noqa: SLF001
        if action.choices is not None:
            return _beginning([(str(each), "") for each in action.choices], typed)
        kind = str(action.metavar or "")
        if action.dest == "account" or (kind == "NAME" and self._command in ("accounts test", "accounts remove")):
            return _beginning([(name, "") for name in self._accounts()], typed)
        if kind == "NAME" and action.option_strings:
            return _beginning([(name, each.title) for name, each in catalog.load().items()], typed)
        if "FUNCTION" in kind:
            return _beginning(_functions(), typed)
        if kind == "CLIENT":
            from luahost.mcp.clients import CLIENTS

            return _beginning([(name, "") for name in CLIENTS], typed)
        if kind == "PAGE":
            return _beginning(_pages(), typed)
        if kind == "K=V" and self._command == "call" and not action.option_strings:
            return self._arguments(typed)
        found = _beginning(_runs(), typed) if "RUN" in kind else []
        if kind == "DIR":
            return [FOLDERS]
        return [*found, FILES] if "FILE" in kind or action.nargs == REMAINDER else found

    def _accounts(self) -> list[str]:
        settings = Settings.load()
        found = dict.fromkeys(_SIMULATED if "--simulate" in self._words else ())
        for integration in catalog.load().values():
            found |= dict.fromkeys(Accounts(integration, settings).names())
        return list(found)

    def _arguments(self, typed: str) -> Found:
        """The parameters of the function that is called, each once, and their values where there are only some."""
        _, function = pages.find(catalog.load(), self._given[0]) or (None, None)
        if function is None:
            return []
        name, equals, value = typed.partition("=")
        if not equals:
            taken = {word.partition("=")[0].removesuffix(":") for word in self._given[1:]}
            free = [each for each in function.params if each.name not in taken]
            return _beginning([(f"{each.name}=", each.type_text) for each in free], typed)
        param = function.param(name)
        if value.startswith("@") and not value.startswith("@@"):
            return []
        known = () if param is None else ("true", "false") if param.type == "boolean" else param.enum
        return _beginning([(f"{name}={each}", "") for each in known], typed) if param and not param.items else []


def _functions() -> Found:
    return [(row["call"], row["summary"]) for row in pages.rows(catalog.load())]


def _pages() -> Found:
    integrations = [(name, each.title) for name, each in catalog.load().items()]
    return [*integrations, *_functions(), *((guide.name, guide.summary) for guide in guides.load().values())]


def _runs() -> Found:
    from luahost.calls.journals import Journals

    ids = Journals(Settings.load().state_folder).ids()
    return [*([("last", "the newest")] if ids else []), *((each, "") for each in sorted(ids, reverse=True)[:_RUNS])]
