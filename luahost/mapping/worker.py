"""A worker process of a map: reads tasks from its standard input, performs them, and writes what came of each.

Each message is its length in four bytes and JSON. It begins with `ready`; a task is `[number, task]` without its job,
which is sent before the first one as a text alone, and its answer is `[number, record]`. A third descriptor is the line
of life: when its other end is closed, by whoever started this process or by that one's death, the runs under way are
ended, and then the process.
"""

from __future__ import annotations

import json
import os
import struct
import sys
import threading
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

LENGTH = struct.Struct("<I")
READY = "ready"
PATIENCE = 40.0
"""Seconds that runs have to end in, once they are told to: writes that were sent are awaited for 30."""


def encode(message: Any) -> bytes:
    body = json.dumps(message, separators=(",", ":")).encode()
    return LENGTH.pack(len(body)) + body


def receive(stream: IO[bytes]) -> Any:
    """The next message; None at the end, also where it comes in the middle of one."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    body = stream.read(length)
    return json.loads(body) if len(body) == length else None


def main(line_of_life: int, threads: int) -> None:
    """Work until standard input ends."""
    tasks = os.fdopen(os.dup(0), "rb")
    answers = os.dup(1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)  # what a function of somebody's prints is no answer
    try:
        _work(tasks, answers, line_of_life, threads)
    except BrokenPipeError:  # nobody waits for answers any more
        pass
    finally:
        os._exit(0)  # processes that ran scripts end with it


def _work(tasks: IO[bytes], answers: int, line_of_life: int, threads: int) -> None:
    from luahost.mapping.task import cancel, perform

    writing = threading.Lock()

    def answer(message: Any) -> None:
        data = memoryview(encode(message))
        with writing:
            while data:
                data = data[os.write(answers, data) :]

    def step(number: int, task: Any, job: str) -> None:
        task["job"] = job
        answer([number, perform(task)])

    def orders() -> Iterator[tuple[int, Any, str]]:
        job = ""
        while (message := receive(tasks)) is not None:
            if isinstance(message, str):
                job = message
            else:
                yield *message, job

    def watch() -> None:
        os.read(line_of_life, 1)
        cancel()
        threading.Event().wait(PATIENCE)
        os._exit(1)

    threading.Thread(target=watch, name="luahost-watch", daemon=True).start()
    answer(READY)
    if threads == 1:  # a thread more would cost each task two switches
        for order in orders():
            step(*order)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(threads, "luahost-map") as pool:
        for order in orders():
            pool.submit(step, *order)


BOOT = "import sys, json; sys.path[:] = json.loads(sys.argv[1]); from luahost.mapping.worker import main; main({}, {})"


def command(line_of_life: int, threads: int) -> list[str]:
    """What starts a worker: it finds luahost, and integrations, where this process does."""
    return [sys.executable, "-c", BOOT.format(line_of_life, threads), json.dumps(sys.path)]
