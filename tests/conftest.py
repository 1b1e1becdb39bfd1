"""Fixtures that more than one room uses."""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]

# Nothing fails for being slow: on a busy machine an example may wait longer than it runs.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real photographs and annotations; tests that need it skip when it is absent."""
    folder = Path(os.environ.get("IQA_SPIDER_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "manifest.json").is_file():
        pytest.skip(f"real test data not found at {folder}; set IQA_SPIDER_TEST_DATA")
    return folder


@pytest.fixture(scope="session")
def astronaut() -> np.ndarray:
    """A 512x512 photograph that scikit-image carries."""
    from skimage import data

    image = np.ascontiguousarray(data.astronaut())
    image.flags.writeable = False
    return image


@pytest.fixture(scope="session")
def coffee() -> np.ndarray:
    """A 600x400 photograph that scikit-image carries."""
    from skimage import data

    image = np.ascontiguousarray(data.coffee())
    image.flags.writeable = False
    return image
