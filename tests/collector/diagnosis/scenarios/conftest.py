"""What all scenarios share: the packaged checks are read once."""

from collections.abc import Iterator
from functools import cache

import pytest

from sansang_collector.profiles.templates import templates
from sansang_collector.simulation import quick_scene


@pytest.fixture(scope="session", autouse=True)
def _packaged_checks_read_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quick_scene, "templates", cache(templates))
        yield
