"""Errors come from worker processes with all they know."""

import errno
import pickle

import pytest

from schemas.errors import (
    AnnotationError,
    ConfigError,
    IqaSpiderError,
    PictureError,
    StorageError,
    UnknownNameError,
)


@pytest.mark.parametrize(
    "error",
    [
        ConfigError("--seed: got x"),
        UnknownNameError("distortion", "blurr", ["noise", "blur"]),
        PictureError("truncated", "ends after 10 bytes"),
        AnnotationError("mask_size", "3x4, the picture is 5x6", "17"),
        StorageError("cannot write a.parquet", errno.ENOSPC),
    ],
    ids=lambda error: type(error).__name__,
)
def test_pickling_keeps_type_words_and_fields(error: IqaSpiderError) -> None:
    """An error that crossed a process boundary has the same type, message and fields."""
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)
    assert getattr(again, "errno", None) == getattr(error, "errno", None)
