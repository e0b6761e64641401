"""Ranked search over the reference: words that are rare and stand in a prominent place count most.

The rank is that of BM25F (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009, 3.6), without the
length of documents: a function with many parameters is no worse an answer.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from difflib import get_close_matches
from typing import TYPE_CHECKING, NamedTuple

from luahost.reference import guides

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from luahost.spec import Function, Integration

    Catalog = Mapping[str, Integration]

MOST = 10
"""Results of one search: who wants more says more."""

_MOST_WORDS = 32  # of a query; the host's own thread looks for them
_SATURATION = 5.0  # how much of a weight counts half
_ENOUGH = 0.3  # of the best rank; what is below is noise
_MANY = 0.8  # for a plural that a name has too
_UNSURE = 0.6  # for a word that is only like the one that was asked for

_NAME, _KEYWORDS, _SUMMARY, _RETURNS, _PARAMS, _TEXT = 7.0, 5.0, 3.0, 1.0, 1.0, 0.5
_GUIDE = 4.5  # a guide's keywords: of two equals, what does a thing comes before what explains one

_IGNORED = frozenset(
    re.findall(
        r"\w+",
        "a about again all am an and any are as at be been but by can could did do does for from had has have i if in "
        "into is it its let may me my of on or our please should so some something that the their them then there "
        "these they this to us use using want was we were what when which will with would you your",
    )
)
"""Words that say nothing, unless a question has no others."""


class Found(NamedTuple):
    """One page that fits; `function` is None for a page about scripts."""

    page: str
    summary: str
    function: Function | None


class _Entry(NamedTuple):
    found: Found
    weights: Mapping[str, float]


class Index:
    """All pages of a catalogue, made ready for questions."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._entries = [*_functions(catalog), *_guides()]
        counts = Counter(word for entry in self._entries for word in entry.weights)
        total = len(self._entries)
        self._rarity = {word: math.log(1 + (total - n + 0.5) / (n + 0.5)) for word, n in counts.items()}

    def search(self, text: str, most: int = MOST) -> list[Found]:
        """The pages that fit best, the best first; none where no word is known."""
        asked = self._asked(text)
        name = "_".join(text.rpartition(".")[2].lower().split())
        ranked = []
        for place, (found, weights) in enumerate(self._entries):
            rank = sum(max(self._rank(weights, word) * sure for word, sure in meant.items()) for meant in asked)
            if rank:
                ranked.append((found.page.rpartition(".")[2] != name, -rank, place, found))
        least = max((-rank for _, rank, _, _ in ranked), default=0) * _ENOUGH
        return [found for _, rank, _, found in sorted(ranked, key=lambda each: each[:3]) if -rank >= least][:most]

    def _rank(self, weights: Mapping[str, float], word: str) -> float:
        weight = weights.get(word, 0)
        return self._rarity[word] * weight / (weight + _SATURATION)

    def _asked(self, text: str) -> list[dict[str, float]]:
        """The words to look for: for each of the query, those that may be meant, and how sure that is."""
        words = list(dict.fromkeys(re.findall(r"[^\W_]+", text.lower())))
        telling = [word for word in words if word not in _IGNORED]
        words = words if self.catalog.keys() >= set(telling) else telling
        stems: dict[str, str] = {}
        for word in words[:_MOST_WORDS]:
            stems[stem(word)] = word
        plurals = {each: {many: _MANY} for each, word in stems.items() if (many := f"+{word}") in self._rarity}
        return [meant for word in stems if (meant := self._meant(word) | plurals.get(word, {}))]

    def _meant(self, word: str) -> dict[str, float]:
        """The known word and longer ones that begin like it; where there is none, the nearest."""
        meant = {word: 1.0} if word in self._rarity else {}
        if 4 <= len(word) <= 40:
            meant |= {known: _UNSURE for known in self._rarity if known.startswith(word) and known != word}
            if not meant:
                alike = [known for known in self._rarity if known[0] == word[0]]  # a slip is seldom in the first letter
                meant = dict.fromkeys(get_close_matches(word, alike, n=1, cutoff=0.75), _UNSURE)
        return meant


def stem(word: str) -> str:
    """A word without the endings that make no other word of it: files, filed and filing are one."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3:
        word = word[:-1]
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            if word[-1] == word[-2] and word[-1] not in "aeioulsz":
                word = word[:-1]
            break
    return word[:-1] if word.endswith("e") and len(word) > 3 else word


def _functions(catalog: Catalog) -> Iterable[_Entry]:
    for integration in catalog.values():
        for function in integration.functions:
            weights = _weights(
                (_NAME * 2 / len(function.name.split("_")), [function.name]),  # of a shorter name a word says more
                (_KEYWORDS, function.keywords),
                (_SUMMARY, [function.summary]),
                (_RETURNS, [f"{field.name} {field.description}" for field in function.returns]),
                (_PARAMS, [f"{param.name} {param.description}" for param in function.params]),
                (_TEXT, [*function.notes, integration.name]),
            )
            last = function.name.rpartition("_")[2]
            many = {f"+{last}": _NAME} if last.endswith("s") else {}  # who says sessions means several of them
            yield _Entry(Found(f"{integration.name}.{function.name}", function.summary, function), {**weights, **many})


def _guides() -> Iterable[_Entry]:
    for guide in guides.load().values():
        weights = _weights(
            (_NAME, [guide.name]), (_GUIDE, guide.keywords), (_SUMMARY, [guide.summary]), (_TEXT, [guide.markdown])
        )
        yield _Entry(Found(guide.name, guide.summary, None), weights)


def _weights(*places: tuple[float, Iterable[str]]) -> Mapping[str, float]:
    """What each word of a page weighs: the sum over the places where it stands, however often in each."""
    weights: dict[str, float] = {}
    for weight, texts in places:
        for word in {stem(word) for text in texts for word in re.findall(r"[^\W_]+", text.lower())}:
            weights[word] = weights.get(word, 0) + weight
    return weights
