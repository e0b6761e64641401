"""Names that do not exist: what was probably meant, and a few of those that do."""

from __future__ import annotations

import math
import re
from difflib import SequenceMatcher
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from luahost.spec import Function

MOST = 12
"""Names in one message; more of them nobody reads."""

ALL = "luahost list, or docs.list() in a script, names them all"

_LONGEST = 100  # characters of a word that are compared; a longer one is no misspelt name

_SAME_DEED = (
    {"create", "start", "new", "make", "add", "open", "launch", "run", "begin", "spawn"},
    {"get", "fetch", "read", "retrieve", "show", "describe", "load", "find", "view"},
    {"list", "get", "fetch", "all", "search", "find", "query", "show"},
    {"send", "post", "add", "create", "write"},
    {"terminate", "stop", "end", "cancel", "kill", "close", "delete"},
    {"delete", "remove", "destroy", "drop"},
    {"update", "edit", "modify", "change", "set", "patch"},
    {"wait", "poll", "await", "watch"},
)
"""Verbs for the same deed: the first set that gives a known name counts."""

_READS = frozenset({*_SAME_DEED[1], *_SAME_DEED[2], *_SAME_DEED[7], "check", "count", "download", "lookup"})
_WRITES = frozenset({
    *_SAME_DEED[0], *_SAME_DEED[3], *_SAME_DEED[4], *_SAME_DEED[5], *_SAME_DEED[6], "append", "archive", "clear",
    "continue", "copy", "disable", "do", "enable", "generate", "index", "label", "mark", "message", "pause", "put",
    "rename", "replace", "reply", "restart", "restore", "resume", "sleep", "suspend", "tag", "unarchive", "unindex",
    "upload", "wake",
})  # fmt: skip

VERBS = _READS | _WRITES
"""Words with which the name of a function begins: a name that begins so is no account's."""

_BETWEEN = frozenset({"a", "an", "by", "for", "id", "my", "of", "the", "to"})
_LIKE_A_NAME = re.compile(rf"[\w .-]{{1,{_LONGEST}}}")

_TEXTS = ("prompt", "message", "body", "text", "content", "msg", "task", "instructions", "description", "input")
"""Parameters that mean the same: a function has but one of them."""


# -- what was meant ----------------------------------------------------------------------------------------------


def suggest(word: str, known: Iterable[str]) -> str | None:
    """The known name that `word` was probably meant to be: of a parameter, an account, a setting, a page."""
    names = list(known)
    near = _alike(word, names, 1) or _of_same_words(word, names) or _alike(word, names)
    return near[0] if near and near[0] != word else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    near = suggest(word, known)
    return f" (did you mean {near!r}?)" if near else ""


def suggest_function(word: str, functions: Iterable[Function]) -> str | None:
    """The function that `word` was probably meant to be: the same in other words, misspelt, or by its keywords.

    A name that reads is never taken for one that writes, nor the reverse: somebody may try what is suggested.
    """
    known = list(functions)
    words = _in_order(tuple(each for each in _words(word) if each not in _BETWEEN))
    if not words or not _LIKE_A_NAME.fullmatch(word):
        return None
    access = "read" if words[0] in _READS else "write" if words[0] in _WRITES else None
    kept = [function for function in known if access in (None, function.access)]
    names = [function.name for function in kept]
    near = _by_another_verb(words, names) or next(iter(_alike("_".join(words), names)), None)
    if near is None and kept:
        near = _that_fits(words, kept, known[0].name.partition("_")[2])
    return near if near != word else None


@lru_cache(maxsize=1024)
def _words(name: str) -> tuple[str, ...]:
    """get, session of getSession and get_session."""
    return tuple(re.findall(r"[^\W_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name[:_LONGEST]).lower()))


def _in_order(words: tuple[str, ...]) -> tuple[str, ...]:
    """The verb first, in session_create too; a thing alone is looked at."""
    if len(words) > 1 and words[-1] in VERBS and words[0] not in VERBS:
        return (words[-1], *words[:-1])
    return words


def _by_another_verb(words: Sequence[str], names: Sequence[str]) -> str | None:
    """create_session for start_session; list_sessions for sessions."""
    verb, *rest = words
    if not rest:
        verb, rest = "", [verb]
    noun = "_".join(rest)
    verbs = [verb, *(other for deed in _SAME_DEED if verb in deed for other in sorted(deed))]
    meant = [f"{verb}_{noun}s", *(f"{each}_{noun}" for each in verbs)]
    meant = meant if verb else [f"list_{noun}", f"get_{noun}", f"list_{noun}s"]
    return next((name for name in meant if name in names), None)


def _that_fits(words: Sequence[str], functions: Sequence[Function], main: str) -> str | None:
    """The function that the words fit best by its name and keywords: list_notes for list_knowledge.

    `main` is what the integration is about, which names may leave out: list_messages is list_session_messages.
    """
    if len(words) == 1:
        own = [function.name for function in functions if function.name.startswith(f"{words[0]}_")]
        if own or words[0] not in VERBS or any(words[0] in deed for deed in _SAME_DEED):
            return own[0] if len(own) == 1 else None  # team may be an account, whatever keywords say
    ranked = [(rank, function.name) for function in functions if (rank := _rank(words, function, main)) is not None]
    return max(ranked, key=lambda each: each[0])[1] if ranked else None


def _rank(words: Sequence[str], function: Function, main: str) -> float | None:
    """How well the words fit a function; None where one of them does not."""
    verb, *things = map(_one, words)
    own, *name = map(_one, _words(function.name))
    if verb == own:
        rank = 2.0
    elif verb in name or verb in map(_one, function.keywords):
        rank = 1.5
    elif any({words[0], own} <= deed for deed in _SAME_DEED):
        rank = 1.0
    else:
        return None
    for thing in things:
        if thing in name:
            rank += 2
        elif thing in map(_one, function.keywords):
            rank += 1
        elif thing in map(_one, _words(function.summary)):
            rank += 0.5
        else:
            return None
    return rank - sum(0.5 if each == main else 1.5 for each in name if each not in (verb, *things))


# -- spelling ----------------------------------------------------------------------------------------------------


def _alike(word: str, names: Sequence[str], most: int = _LONGEST) -> list[str]:
    """The known names of which `word` is a misspelling, of `most` letters in all, the nearest first."""
    if len(word) > _LONGEST:
        return []
    words = _words(word)
    far = [(_far(words, _words(name)), at) for at, name in enumerate(names)] if words else []
    return [names[at] for wrong, at in sorted(each for each in far if each[0] <= most)]


def _far(words: Sequence[str], name: Sequence[str]) -> float:
    """How many letters are wrong; no end of them where a word is another word, or one too much."""
    if "".join(words) == "".join(name):
        return 0
    if len(words) != len(name):
        words, name = ["".join(words)], ["".join(name)]
    total = 0
    for each, known in zip(words, name, strict=True):
        longer = max(len(each), len(known))
        most = min(longer // 3, 1 if longer < 8 else 2)
        if each == known:
            continue
        if _one(each) == _one(known):
            total += 1
            continue
        if {each, known} <= VERBS or abs(len(each) - len(known)) > most:
            return math.inf
        wrong = _edits(each, known)
        if wrong > most:
            return math.inf
        total += wrong
    return total


def _edits(a: str, b: str) -> int:
    """Letters put in, left out, replaced or swapped with the next one: the distance of Damerau and Levenshtein."""
    before: list[int] = []
    last = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            row.append(min(last[j] + 1, row[-1] + 1, last[j - 1] + (x != y)))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                row[-1] = min(row[-1], before[j - 2] + 1)
        before, last = last, row
    return last[-1]


@lru_cache(maxsize=4096)
def _one(word: str) -> str:
    """A word in the singular: session for sessions, repository for repositories."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 2 else word


def _of_same_words(word: str, names: Sequence[str]) -> list[str]:
    """The one name that says the same, or goes on so: session_id for id, user_email for email, prompt for task."""
    if word in _TEXTS and (found := [name for name in _TEXTS if name in names]):
        return found
    if word and names and names[0].endswith(f"_{word}"):
        return [names[0]]
    words = _words(word)
    within = [name for name in names if _within(words, _words(name))] if len(word) > 2 else []
    within = within or [name for name in names if word.endswith(f"_{name}")]
    begun = within or [name for name in names if name.startswith(word) and word and len(name) <= len(word) + 2]
    return begun if len(begun) == 1 else []


def _within(words: Sequence[str], name: Sequence[str]) -> bool:
    """Whether the words stand in the name, in their order, with others between."""
    rest = iter(name)
    return bool(words) and all(word in rest for word in words)


# -- names that there are ----------------------------------------------------------------------------------------


def nearest(word: str, known: Iterable[str]) -> str:
    """The known names, or those most like `word` and how many more there are."""
    known = list(known)
    if len(known) <= MOST:
        return ", ".join(known)
    unlike = _unlike(word[:_LONGEST])
    return f"{', '.join(sorted(known, key=unlike)[:MOST])} and {len(known) - MOST} more"


def _unlike(word: str) -> Callable[[str], float]:
    matcher = SequenceMatcher(b=word)

    def unlike(name: str) -> float:
        matcher.set_seq1(name)
        return -matcher.ratio()

    return unlike
