"""`python -m tests.benchmarks.measure SECTION PROCESSOR…`: the figures of one section, as JSON.

A process of its own, so that all that it starts inherits the processors that it may use.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict

from tests.benchmarks.sections import SECTIONS

if __name__ == "__main__":
    name, *processors = sys.argv[1:]
    os.sched_setaffinity(0, [int(processor) for processor in processors])
    json.dump([asdict(figure) for figure in SECTIONS[name].measure()], sys.stdout)
