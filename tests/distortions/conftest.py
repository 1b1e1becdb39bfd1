"""What the tests of this room share."""

import pytest

from distortions import registry


@pytest.fixture
def forgetful():
    """Types that a test registers are gone after it, so that no other test draws them."""
    before = set(registry.DISTORTIONS)
    yield
    for name in set(registry.DISTORTIONS) - before:
        del registry._DISTORTIONS[name]
