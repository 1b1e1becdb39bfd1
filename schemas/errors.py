"""Everything this project raises, in one tree.

::

    IqaSpiderError
    ├── ConfigError (ValueError)        the user's mistake: a flag, a key, a path; exit status 2
    │   ├── UnknownNameError (LookupError)   a name that is not registered
    │   └── PluginError                 code of the user's own, given as a plugin, does not do
    ├── ContractError (ValueError)      bad code: an array or a row that breaks its contract
    ├── PictureError (ValueError)       bad data: one picture; becomes a reject row
    ├── AnnotationError (ValueError)    bad data: one annotation or one written text
    ├── StorageError (OSError)          bad infrastructure: disk full, shard unreadable
    ├── EndpointError (OSError)         bad infrastructure: nobody answers
    └── StoppedError                    a shard ended early because the user interrupted the run

Messages say what was wrong, what was got and what is allowed, in one line. Each error survives
pickling with all it knows, so that it means the same when it comes from a worker process.
"""

import difflib
import enum
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

_Rebuild = tuple[Any, tuple[Any, ...]]

LISTED = 12
"""More names than this are counted in a message, not listed."""


class ExitStatus(enum.IntEnum):
    """How a command ended, for the shell."""

    CLEAN = 0
    BUG = 1
    """Ours; or, from ``validate``, problems found."""
    MISTAKE = 2
    """The user's, or a full disk; one line on stderr says which."""
    WITH_REJECTS = 3
    """Finished, and something was left out."""
    INTERRUPTED = 130


class IqaSpiderError(Exception):
    """Base of the tree."""


class ConfigError(IqaSpiderError, ValueError):
    """The user asked for something that cannot be; nothing has been written."""


class UnknownNameError(ConfigError, LookupError):
    """A name is not registered.

    Args:
        kind: What was looked up, e.g. ``distortion``.
        got: The name that was given.
        allowed: The names that exist; the nearest are offered first.
    """

    def __init__(self, kind: str, got: str, allowed: Iterable[str]) -> None:
        self.kind, self.got, self.allowed = kind, got, sorted(allowed)
        super().__init__(f"unknown {kind} {got!r}; {_offer(got, self.allowed)}")

    def __reduce__(self) -> _Rebuild:
        return type(self), (self.kind, self.got, self.allowed)


def _offer(got: str, allowed: list[str]) -> str:
    """The nearest names; where none is near, all of a few or the least far of many."""
    wanted = "_".join(got.lower().replace("-", " ").split())
    near = difflib.get_close_matches(wanted, allowed, n=3, cutoff=0.5)
    if near:
        return f"did you mean {', '.join(near)}?"
    if len(allowed) <= LISTED:
        return f"allowed: {', '.join(allowed) or 'none'}"
    least_far = difflib.get_close_matches(wanted, allowed, n=3, cutoff=0.0)
    return f"nearest of {len(allowed)}: {', '.join(least_far)}"


class PluginError(ConfigError):
    """Code that the user brought fails, or returns what a distortion may not return.

    Args:
        place: The plugin's file and line, ``my_distortion.py:12``.
        problem: What it did and how to mend it, one line.
        type_name: The distortion type it happened in, if it was in one.
    """

    def __init__(self, place: str, problem: str, type_name: str = "") -> None:
        self.place, self.problem, self.type_name = place, problem, type_name
        super().__init__(f"plugin {place}: {type_name and f'{type_name}: '}{problem}")

    def on(self, picture: str) -> "PluginError":
        """The same, with the picture it happened on."""
        return PluginError(self.place, f"{self.problem}; on {picture}", self.type_name)

    def without_folder(self) -> str:
        """The same for a data set that others will read: the plugin's file without its folder."""
        name = re.split(r"[/\\]", self.place)[-1]
        return str(PluginError(name, self.problem, self.type_name))

    def __reduce__(self) -> _Rebuild:
        return type(self), (self.place, self.problem, self.type_name)


class ContractError(IqaSpiderError, ValueError):
    """Code broke a promise about an array or a row; never caught, always a bug."""


class PictureError(IqaSpiderError, ValueError):
    """One picture cannot be used; the run goes on without it.

    Args:
        reason: Short slug, counted and stored, e.g. ``truncated``.
        detail: One line for people.
    """

    def __init__(self, reason: str, detail: str) -> None:
        self.reason, self.detail = reason, detail
        super().__init__(f"{reason}: {detail}")

    def __reduce__(self) -> _Rebuild:
        return type(self), (self.reason, self.detail)


class AnnotationError(IqaSpiderError, ValueError):
    """One annotation or one written text cannot be used.

    Args:
        reason: Short slug, counted and stored.
        detail: One line for people.
        record_id: The record it belongs to, if known.
    """

    def __init__(self, reason: str, detail: str, record_id: str = "") -> None:
        self.reason, self.detail, self.record_id = reason, detail, record_id
        super().__init__(f"{record_id + ': ' if record_id else ''}{reason}: {detail}")

    def __reduce__(self) -> _Rebuild:
        return type(self), (self.reason, self.detail, self.record_id)


class StorageError(IqaSpiderError, OSError):
    """The disk or a file on it failed; what was finished before is intact.

    Args:
        message: One line for people.
        number: The system's error number, if it gave one.
    """

    def __init__(self, message: str, number: int | None = None) -> None:
        super().__init__(message)
        self.errno = number

    def __reduce__(self) -> _Rebuild:
        return type(self), (str(self), self.errno)


class EndpointError(IqaSpiderError, OSError):
    """A model's server does not answer; what was finished before is kept."""


class StoppedError(IqaSpiderError):
    """A shard ended early because the user interrupted the run.

    An ordinary exception on purpose: Prefect's pool never hands on a ``KeyboardInterrupt`` of a
    worker, so the run would wait for it for ever.
    """


@contextmanager
def reading(what: str, *also: type[Exception]) -> Iterator[None]:
    """Turn a file that cannot be read into the user's one line.

    Args:
        what: The flag and the file, as the message begins.
        also: What a parser raises for a content that it does not know.

    Raises:
        ConfigError: The file is missing, forbidden, no text, or raised one of ``also``.
    """
    unreadable: tuple[type[Exception], ...] = (OSError, UnicodeDecodeError, *also)
    try:
        yield
    except ConfigError:
        raise
    except unreadable as error:
        said = getattr(error, "strerror", None) or str(error).strip()
        reason = next(iter(said.splitlines()), type(error).__name__)
        raise ConfigError(f"{what}: cannot read it: {reason}") from None
