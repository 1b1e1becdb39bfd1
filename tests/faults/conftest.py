"""Whole runs are made here as in the tests of ``flows``."""

from tests.flows.conftest import dataset, environment, images, photos, prefect_home, spider

__all__ = ["dataset", "environment", "images", "photos", "prefect_home", "spider"]
