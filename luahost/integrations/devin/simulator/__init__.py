"""A Devin that lives in this process: the organisation, its people and its sessions behind a WSGI callable.

It answers for the API's v3 and v1 and has no credential but those it makes itself. Where the
documentation is silent, the choice and its reason stand beside the code that makes it.
"""

from .application import RecordedRequest, Simulator
from .clock import Clock, RealClock, ScaledClock, VirtualClock
from .faults import LostAnswer
from .state import StateError, resume

__all__ = [
    "Clock",
    "LostAnswer",
    "RealClock",
    "RecordedRequest",
    "ScaledClock",
    "Simulator",
    "StateError",
    "VirtualClock",
    "resume",
]
