"""Which integrations there are: the built-in ones, and those that packages bring by entry point."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from luahost.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from importlib.metadata import EntryPoint

    from luahost.spec import Integration

GROUP = "luahost.integrations"


class Refused(NamedTuple):
    """An integration that a package brings, and that cannot be used: what its entry point calls it, and why not."""

    name: str
    package: str
    place: str
    problem: str

    def __str__(self) -> str:
        return f"the integration {self.name} of the package {self.package} ({self.place}) is left out: {self.problem}"


class Catalog(dict[str, "Integration"]):
    """All integrations by name, and those that were `refused`: one bad package does not stop the others."""

    def __init__(self, found: Iterable[Integration] = (), refused: Iterable[Refused] = ()) -> None:
        super().__init__({each.name: each for each in found})
        self.refused = tuple(refused)


def load(extra: Iterable[Integration] = ()) -> Catalog:
    """All integrations by name: built in, installed (entry points of `luahost.integrations`), and `extra`.

    An installed one that cannot be used is refused, and so is one whose name is taken: the built-in one has it, or
    `extra`; of two installed ones neither does, since its account's key would go to whichever came first.
    Raises UsageError for two of `extra` with one name, or one that is called as a built-in one.
    """
    from luahost.integrations.devin import DEVIN

    given: dict[str, Integration] = {DEVIN.name: DEVIN}
    for each in extra:
        if given.setdefault(each.name, each) is not each:
            raise UsageError(f"there are two integrations named {each.name!r}", hint="give one of them another name")
    found, refused = list(given.values()), list[Refused]()
    installed = list(_installed(refused))
    for point, each in installed:
        rivals = [_package(other) for other, another in installed if another.name == each.name and another is not each]
        if each.name in given:
            if given[each.name] is not each:
                whose = "built in" if each.name == DEVIN.name else "given by the program"
                refused.append(_refused(point, f"there is one named {each.name!r} already, {whose}", each.name))
        elif rivals:
            problem = f"there is another named {each.name!r}, of {', '.join(rivals)}; remove one of the packages"
            refused.append(_refused(point, problem, each.name))
        else:
            found.append(each)
    return Catalog(found, refused)


def _installed(refused: list[Refused]) -> Iterator[tuple[EntryPoint, Integration]]:
    """Those that packages bring, in the order of their names; what is none goes to `refused`."""
    from importlib.metadata import entry_points

    from luahost.spec import Integration

    for point in sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value, _package(point))):
        try:
            loaded = point.load()
        except (Exception, SystemExit) as error:  # noqa: BLE001 (whatever a package does when it is imported)
            said = " ".join(str(error).split())[:200]
            refused.append(
                _refused(point, f"it cannot be imported: {type(error).__name__}" + (f": {said}" if said else ""))
            )
            continue
        if isinstance(loaded, Integration):
            yield point, loaded
        else:
            refused.append(_refused(point, f"it is no Integration, but of type {type(loaded).__name__}"))


def _refused(point: EntryPoint, problem: str, name: str | None = None) -> Refused:
    return Refused(name or point.name, _package(point), point.value, problem)


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else "unknown"
