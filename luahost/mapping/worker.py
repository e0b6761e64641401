"""A worker process of a map: reads tasks from its standard input, performs them, and writes what came of each.

Each message is its length in four bytes and JSON. It begins with `ready`; a task is `[number, task]` without its job,
which is sent before the first one as a text alone, and its answer is `[number, record]`. A third descriptor is the line
of life: a byte there asks for a task back that has come and was not begun (`[number, null]`), and when its other end is
closed, by whoever started this process or by that one's death, the runs under way are ended, and then the process.
"""

from __future__ import annotations

import json
import os
import select
import struct
import sys
import threading
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

LENGTH = struct.Struct("<I")
READY = "ready"
RECALL = b"R"
PATIENCE = 40.0
"""Seconds that runs have to end in, once they are told to: writes that were sent are awaited for 30."""


def encode(message: Any) -> bytes:
    body = json.dumps(message, separators=(",", ":")).encode()
    return LENGTH.pack(len(body)) + body


def receive(stream: IO[bytes]) -> Any:
    """The next message; None at the end, also where it comes in the middle of one."""
    head = _exactly(stream, LENGTH.size)
    body = _exactly(stream, *LENGTH.unpack(head)) if head else None
    return None if body is None else json.loads(body)


def _exactly(stream: IO[bytes], count: int) -> bytes | None:
    """So many bytes, also of a stream that gives fewer at a time."""
    data = stream.read(count)
    while data and len(data) < count:
        more = stream.read(count - len(data))
        if not more:
            return None
        data += more
    return data or None


def main(line_of_life: int, threads: int) -> None:
    """Work until standard input ends."""
    tasks = os.fdopen(os.dup(0), "rb", buffering=0)  # what is not begun stays in the pipe
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
    from luahost.errors import InternalError
    from luahost.mapping.task import cancel, failure, perform

    reading, writing = threading.Lock(), threading.Lock()
    job = ""

    def answer(message: Any) -> None:
        data = memoryview(encode(message))
        with writing:
            while data:
                data = data[os.write(answers, data) :]

    def take() -> Any:
        """The next task, None at the end; `reading` is held."""
        nonlocal job
        while isinstance(message := receive(tasks), str):
            job = message
        return message

    def step(number: int, task: Any) -> None:
        try:
            record = perform(task)
        except Exception as error:  # noqa: BLE001 (whatever it is, somebody waits for an answer)
            record = failure(InternalError(f"the worker failed: {type(error).__name__}: {error}"), task["run_id"])
        answer([number, record])

    def orders() -> Iterator[tuple[int, Any]]:
        while True:
            with reading:
                message = take()
            if message is None:
                return
            message[1]["job"] = job
            yield tuple(message)

    def watch() -> None:
        while os.read(line_of_life, 1):
            if reading.acquire(blocking=False):  # else it is idle, and there is none to give back
                try:
                    message = take() if select.select([tasks], [], [], 0)[0] else None
                finally:
                    reading.release()
                if message is not None:
                    answer([message[0], None])
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
