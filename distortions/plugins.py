"""Distortions from outside: installed packages and single files.

A package declares ``[project.entry-points."iqa_spider.distortions"]``; importing the named
module registers its types. A file given by ``--plugin my_distortion.py`` is imported the same
way. A plugin that fails stops the run: data made without it would be other data.
"""

import functools
import importlib.util
import sys
from collections.abc import Callable, Iterable
from importlib.metadata import entry_points
from pathlib import Path

from distortions.registry import DISTORTIONS
from schemas.errors import ConfigError

GROUP = "iqa_spider.distortions"
_loaded: dict[str, list[str]] = {}


def load_plugins(files: Iterable[str] = ()) -> dict[str, list[str]]:
    """Import entry-point plugins and plugin ``files`` once; a second call does nothing new.

    Returns:
        Plugin (entry-point value or file name) to the distortions it registered.

    Raises:
        ConfigError: A file is missing, a plugin fails at import, or it registers nothing.
    """
    for point in sorted(entry_points(group=GROUP), key=lambda p: (p.name, p.value)):
        _load(point.value, point.load)
    for file in files:
        path = Path(file).resolve()
        if not path.is_file():
            raise ConfigError(f"--plugin {file}: no such file")
        _load(str(path), functools.partial(_import_file, path))
    return dict(_loaded)


def _load(name: str, load: Callable[[], object]) -> None:
    if name in _loaded:
        return
    before = set(DISTORTIONS)
    try:
        load()
    except ConfigError:
        raise
    except Exception as error:  # whatever a stranger's module raises is one clear line here
        raise ConfigError(f"plugin {name}: {type(error).__name__}: {error}") from error
    _loaded[name] = sorted(set(DISTORTIONS) - before)
    if not _loaded[name]:
        raise ConfigError(f"plugin {name}: registered no distortion; is @distortion missing?")


def _import_file(path: Path) -> None:
    name = f"iqa_spider_plugin_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ConfigError(f"--plugin {path}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
