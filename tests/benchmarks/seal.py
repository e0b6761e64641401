"""What each wall around a script's process costs: putting it up, once a process, and standing behind it."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from typing import Any

from luahost.lua import spawn
from tests.benchmarks.figures import Figure, Pair, timed

ROUNDS = 40

# Runs as the parent of scripts does: isolated, with nothing imported that is not needed. Each child walls itself in.
PROGRAM = """
import json, os, sys, time
sys.path[:0] = sys.argv[2:]
from luahost.lua.confine import Walls

def per_call(n=3000):
    started = time.perf_counter()
    for _ in range(n):
        os.write(1, b"")
    return (time.perf_counter() - started) / n

def child(parent):
    found = {}
    walls = Walls()
    put_up = walls._put_up

    def timed(wall, *how):
        started = time.perf_counter()
        put_up(wall, *how)
        found[wall] = time.perf_counter() - started

    walls._put_up = timed
    found["a system call without walls"] = per_call()
    walls.seal(parent)
    started = time.perf_counter()
    walls.close(parent)
    found["the last walls of a forked process"] = time.perf_counter() - started
    found["a system call"] = per_call()
    os.write(1, json.dumps(found).encode() + b"\\n")
    os._exit(0)

for _ in range(int(sys.argv[1])):
    me = os.getpid()
    pid = os.fork()
    if pid == 0:
        child(me)
    os.waitpid(pid, 0)
"""


def seal() -> list[Figure]:
    words = [sys.executable, "-I", "-S", "-c", PROGRAM, str(ROUNDS), *spawn._folders()]
    done = subprocess.run(words, capture_output=True, check=True, env={"TZ": "UTC", "PATH": os.defpath})
    rounds: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    median = {name: statistics.median(each[name] for each in rounds) for name in rounds[0]}
    alone, behind = median.pop("a system call without walls"), median.pop("a system call")
    return [
        *(timed(f"put up: {wall}", Pair(value)) for wall, value in median.items()),
        timed("a system call behind both filters / without", Pair(behind, alone)),
    ]
