"""For the tests of an integration: does it keep what users of luahost rely on?

    from luahost.testing import check_integration

    def test_it_conforms() -> None:
        check_integration(NOTES)

See docs/write-an-integration.md for what is checked.
"""

from luahost.testing.conformance import Nonconforming, check_integration, find_faults
from luahost.testing.finding import Finding

__all__ = ["Finding", "Nonconforming", "check_integration", "find_faults"]
