"""What the tests of this room share."""

import importlib.util

import pytest

from distortions import registry

VIDEO = {name for name, entry in registry.DISTORTIONS.items() if entry.extra == "codec"}


@pytest.fixture(autouse=True)
def codecs_are_there(request):
    """A test of one type is skipped where that one needs PyAV and there is none."""
    call = getattr(request.node, "callspec", None)
    if call and call.params.get("name") in VIDEO and not importlib.util.find_spec("av"):
        pytest.skip("PyAV is not installed")


@pytest.fixture
def forgetful():
    """Types that a test registers are gone after it, so that no other test draws them."""
    before = set(registry.DISTORTIONS)
    yield
    for name in set(registry.DISTORTIONS) - before:
        del registry._DISTORTIONS[name]
