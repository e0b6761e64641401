"""The short listing: all there is, by name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from luahost.integrations import catalog
from luahost.integrations.devin import DEVIN
from luahost.reference import guides, listing, pages

if TYPE_CHECKING:
    from luahost import Host

CATALOG = catalog.load()
NAMES = [function.name for function in DEVIN.functions]


def test_the_listing_names_every_function_once_and_every_page() -> None:
    words = re.findall(r"[a-z_]+", listing.short(CATALOG))
    assert all(words.count(name) == 1 for name in NAMES)
    assert set(guides.load()) <= set(words)


def test_functions_about_one_thing_stand_together() -> None:
    topics = listing.topics(DEVIN)
    assert ["list_notes", "get_note", "create_note", "update_note", "delete_note"] in topics
    assert sorted(name for names in topics for name in names) == sorted(NAMES)


def test_the_listing_is_the_page_without_a_name(host: Host) -> None:
    assert pages.read(CATALOG, "") == listing.short(CATALOG)
    assert host.run("return docs.read()").value == listing.short(CATALOG)
