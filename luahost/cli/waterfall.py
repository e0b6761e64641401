"""A run as a waterfall of lines: a line for each call, with a bar where and as long as it lasted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from luahost.cli.columns import fit, pad, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from luahost.calls.timeline import Span, Timeline

_COLORS = {"error": "31", "unknown": "33", "unanswered": "33", "waiting": "35", "running": "36", "planned": "2"}
_LEAST = 20  # columns of bars
_MOST_NAME, _LEAST_NAME = 40, 12
_STEPS = (1, 2, 5)


def lines(timeline: Timeline, columns: int, *, color: bool, ascii_only: bool = False) -> Iterator[str]:
    """The lines, no wider than `columns`: number, task where there are several, call, how long it took, and the bar.

    Dots in front of a bar are the time that its task slept before. Times in which nobody had resumed the run are left
    out, and a line says where.
    """
    drawn = _Drawn(timeline, columns, color=color, ascii_only=ascii_only)
    yield drawn.axis()
    resumed = [begin for begin, _ in timeline.parts[1:]]
    slept: dict[str, Span] = {}
    for span in timeline.spans:
        while resumed and span.begin >= resumed[0]:
            yield drawn.resumption(resumed.pop(0))
        if span.call is None:
            slept[span.task] = span
        else:
            yield drawn.line(span, span.call.n, slept.pop(span.task, None))
    for at in resumed:
        yield drawn.resumption(at)


class _Drawn:
    """Each line, once it is known how wide each column is."""

    def __init__(self, timeline: Timeline, columns: int, *, color: bool, ascii_only: bool) -> None:
        self._timeline = timeline
        self._color = color
        self._full, self._left, self._right, self._dot = "###."
        if not ascii_only:
            self._full, self._left, self._right, self._dot = "█▌▐·"
        calls = [span for span in timeline.spans if span.call is not None]
        self._number = len(str(max(timeline.history.calls, default=0)))
        tasks = max((len(span.task) for span in calls), default=0)
        self._task = min(tasks, 12)
        longest = max((len(_name(span)) for span in calls), default=0)
        fixed = self._number + 1 + (self._task + 1 if self._task else 0) + 1 + 8 + 1
        self._name = max(_LEAST_NAME, min(longest, _MOST_NAME, columns - fixed - max(_LEAST, columns * 2 // 5)))
        self._bars = max(_LEAST, columns - fixed - self._name)
        self._seconds = timeline.seconds or 1e-6

    def axis(self) -> str:
        """What time it is in the run above the bars: round times, as many as there is room for."""
        step = _step(self._seconds, max(1, self._bars // 12))
        text = ""
        at = 0.0
        while at <= self._seconds:
            column = round(at / self._seconds * self._bars)
            label = f"|{seconds(at) if at else 0}"
            if column + len(label) > self._bars:
                break
            text = f"{text[:column]:<{column}}{label}"
            at += step
        return f"{'':{self._head()}}{text}".rstrip()

    def _head(self) -> int:
        return self._number + 1 + (self._task + 1 if self._task else 0) + self._name + 1 + 8 + 1

    def line(self, span: Span, number: int, sleep: Span | None) -> str:
        task = pad(plain(span.task), self._task) + " " if self._task else ""
        lasted = _shown(span)
        head = f"{number:>{self._number}} {task}{pad(_name(span), self._name)} {lasted:>8} "
        return head + self._bar(span, sleep)

    def resumption(self, at: float) -> str:
        """Where the run was resumed."""
        pause = next(begin - end for (_, end), (begin, _) in self._pairs() if begin == at)
        text = f"resumed after {seconds(pause)}"
        return fit(f"{'':{self._number}} {text}", self._head() + self._bars)

    def _pairs(self) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
        return zip(self._timeline.parts, self._timeline.parts[1:], strict=False)

    def _bar(self, span: Span, sleep: Span | None) -> str:
        """Half a column is the least that is drawn."""
        halves = 2 * self._bars
        begin = min(self._half(span.begin), halves - 1)
        end = min(max(self._half(span.end), begin + 1), halves)
        cells = []
        dots = range(self._half(sleep.begin) // 2, self._half(sleep.end) // 2) if sleep else range(0)
        for cell in range((end + 1) // 2):
            left, right = begin <= 2 * cell < end, begin <= 2 * cell + 1 < end
            empty = self._dot if cell in dots else " "
            cells.append(self._full if left and right else self._left if left else self._right if right else empty)
        text = "".join(cells)
        at = begin // 2
        code = _COLORS.get(span.status)
        bar = f"\033[{code}m{text[at:]}\033[0m" if code and self._color else text[at:]
        return text[:at] + bar

    def _half(self, at: float) -> int:
        return int(self._timeline.elapsed(at) / self._seconds * 2 * self._bars)


def _name(span: Span) -> str:
    """The call, and what became of it where that was not what it should."""
    call = span.call
    name = "" if call is None else call.call
    return plain(name if span.status == "ok" else f"{name} {_told(span)}")


def _told(span: Span) -> str:
    error = span.call.error if span.call and span.status != "waiting" else None
    return str(error["code"]) if error and "code" in error else span.status


def _shown(span: Span) -> str:
    return "" if span.status in ("waiting", "unanswered") else seconds(span.seconds)


def _step(whole: float, most: int) -> float:
    """The least round time of which no more than `most` fit into `whole`."""
    if whole > 60:
        for step in (10, 30, 60, 300, 600, 1800, 3600, 3 * 3600, 12 * 3600, 86400):
            if whole / step <= most:
                return step
        return 86400.0 * (1 + whole // (86400 * most))
    power = -3
    while True:
        for step in _STEPS:
            found: float = step * 10.0**power
            if whole / found <= most:
                return found
        power += 1


def seconds(lasted: float) -> str:
    """How long, in at most eight characters."""
    if lasted < 0.9995:
        return f"{lasted * 1000:.0f} ms"
    if lasted < 99.95:
        return f"{lasted:.1f} s".replace(".0 s", " s")
    minutes, rest = divmod(round(lasted), 60)
    if minutes < 100:
        return f"{minutes}m{rest:02}s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02}m" if hours < 100 else f"{hours // 24} d"
