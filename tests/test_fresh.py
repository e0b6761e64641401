"""`Host.fresh`: a host like another, with nothing of what happened there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from luahost import Host, UsageError
from tests.conftest import ALLOW

if TYPE_CHECKING:
    from collections.abc import Iterator

CREATE = 'return app.integrations.devin.create_session{ prompt = "x", idempotency_key = "k" }.session_id'


@pytest.fixture
def host() -> Iterator[Host]:
    with Host(simulate=True, policy=ALLOW, state=False, reuse=100) as made:
        yield made


def test_its_simulator_and_its_memory_of_creates_begin_anew(host: Host) -> None:
    first = host.run(CREATE).value
    with host.fresh() as fresh:
        assert len(fresh.simulation("devin").sessions) == 1
        assert fresh.run(CREATE.replace('"x"', '"another"')).error is None  # with one memory: conflict
        fresh.simulation("devin").fail(status=403, times=None)
    assert host.run(CREATE).value == first
    assert len(host.simulation("devin").sessions) == 2


def test_it_uses_the_same_processes_which_outlive_it(host: Host) -> None:
    host.run("return 1")
    with host.fresh() as fresh:
        assert fresh._processes is host._processes
        assert fresh.run("x = 1").ok
    with pytest.raises(UsageError, match="closed"):
        fresh.run("return 1")
    del fresh
    assert host.run("return x == nil").value is True


def test_it_has_the_same_settings(host: Host) -> None:
    fresh = host.fresh().fresh()
    assert (fresh.limits, fresh.isolation, fresh.simulate) == (host.limits, host.isolation, host.simulate)


def test_of_a_closed_host_there_is_none_and_where_it_closed_meanwhile_nothing_runs(host: Host) -> None:
    fresh = host.fresh()
    host.close()
    with pytest.raises(UsageError, match="closed"):
        host.fresh()
    with pytest.raises(UsageError, match="closed"):
        fresh.run("return 1")
