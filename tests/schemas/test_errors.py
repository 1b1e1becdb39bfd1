"""Errors come from worker processes with all they know."""

import errno
import pickle

import pytest

from schemas.errors import (
    AnnotationError,
    ConfigError,
    IqaSpiderError,
    PictureError,
    PluginError,
    StorageError,
    UnknownNameError,
)


@pytest.mark.parametrize(
    "error",
    [
        ConfigError("--seed: got x"),
        UnknownNameError("distortion", "blurr", ["noise", "blur"]),
        PluginError("/home/me/rain.py:12", "returned None, expected a picture", "rain"),
        PluginError("/home/me/rain.py", "registered no distortion"),
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


def test_plugin_error_is_the_users_and_names_the_place() -> None:
    """What a plugin does wrong ends a command like other mistakes, with file, line and type."""
    error = PluginError("rain.py:12", "returned None", "rain")
    assert isinstance(error, ConfigError)
    assert str(error) == "plugin rain.py:12: rain: returned None"
    assert str(PluginError("rain.py", "is empty")) == "plugin rain.py: is empty"


@pytest.mark.parametrize(
    ("got", "allowed", "offer"),
    [
        ("blurr", ["noise", "blur"], "did you mean blur?"),
        ("Gaussian-Blur", ["gaussian_blur"], "did you mean gaussian_blur?"),
        ("xyz", ["noise", "blur"], "allowed: blur, noise"),
        ("xyz", [], "allowed: none"),
        ("qqqq", [f"type_{letter}" for letter in "abcdefghijklm"], "nearest of 13: "),
    ],
)
def test_unknown_name_offers_few(got: str, allowed: list[str], offer: str) -> None:
    """Near names are offered; where none is near, a few names are listed and many are counted."""
    message = str(UnknownNameError("thing", got, allowed))
    assert message.startswith(f"unknown thing {got!r}; {offer}")
    assert len(message) < 100
