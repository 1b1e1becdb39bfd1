"""Pillow without its warnings and its own size limit, while our limits are checked.

``warnings.catch_warnings`` swaps a list that belongs to the whole process, so threads that nest
it out of step leave the wrong one behind. Here the first to enter swaps and the last to leave
swaps back.
"""

import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from PIL import Image as Pil

_lock = threading.Lock()
_state = ExitStack()
_inside = 0


def _enter() -> None:
    global _inside
    with _lock:
        _inside += 1
        if _inside == 1:
            _state.enter_context(warnings.catch_warnings())
            warnings.simplefilter("ignore")
            _state.callback(setattr, Pil, "MAX_IMAGE_PIXELS", Pil.MAX_IMAGE_PIXELS)
            Pil.MAX_IMAGE_PIXELS = None


def _leave() -> None:
    global _inside
    with _lock:
        _inside -= 1
        if _inside == 0:
            _state.close()


@contextmanager
def quiet() -> Iterator[None]:
    """No warnings and no pixel limit of Pillow inside; as it was when the last thread is out."""
    _enter()
    try:
        yield
    finally:
        _leave()
