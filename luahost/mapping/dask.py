"""Dask's distributed scheduler as an Executor; the only place that imports it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from luahost.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor

PATIENCE = 10.0
"""The most seconds that the scheduler has to answer in; Dask's own setting may say less."""


@contextmanager
def executor(address: str) -> Iterator[tuple[Executor, int]]:
    """An executor of the cluster whose scheduler is at `address`, and how many threads its workers have now."""
    try:
        import dask
        from distributed import Client
    except ImportError:
        raise UsageError("Dask is not installed", hint="pip install 'luahost[dask]'") from None
    said = dask.utils.parse_timedelta(dask.config.get("distributed.comm.timeouts.connect"))
    try:
        client = Client(address, timeout=min(PATIENCE, said), set_as_default=False)
    except (OSError, ValueError) as error:  # TimeoutError is an OSError
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UsageError(f"no Dask scheduler at {address}: {why}", hint="as in --dask tcp://HOST:8786") from None
    with client:
        threads = sum(client.nthreads().values())
        yield client.get_executor(pure=False), threads
