"""Distortions from outside: installed packages, single files, other libraries' functions.

A package declares ``[project.entry-points."iqa_spider.distortions"]``; importing the named
module registers its types. A file given by ``--plugin my_distortion.py`` is imported the same
way. A plugin that fails stops the run: data made without it would be other data. What else can
be brought (region sources, writers) is known from ``schemas.plugins.Registry.every``.

Before a run its types are asked the contract once (``check_outside``), which takes a third of a
second each and spares finding out after hours.
"""

import functools
import importlib.util
import sys
import traceback
from collections.abc import Callable, Iterable
from importlib.metadata import entry_points
from inspect import Parameter, Signature, signature
from pathlib import Path

from distortions.registry import DISTORTIONS, Distortion, Level, Value, distortion, get
from distortions.site import Site
from schemas.arrays import Image
from schemas.errors import ConfigError, IqaSpiderError, PluginError
from schemas.plugins import Registry
from schemas.streams import Stream

GROUP = "iqa_spider.distortions"
_loaded: dict[str, list[str]] = {}


def load_plugins(files: Iterable[str] = ()) -> dict[str, list[str]]:
    """Import entry-point plugins and plugin ``files`` once; a second call does nothing new.

    Returns:
        Plugin (entry-point value or file name) to what it registered: names of distortions, and
        of other parts with their kind before them.

    Raises:
        ConfigError: A file is missing or no Python file.
        PluginError: A plugin fails at import, or registers nothing.
    """
    for group in (GROUP, *(registry.group for registry in Registry.every)):
        for point in sorted(entry_points(group=group), key=lambda p: (p.name, p.value)):
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
    before = _registered()
    try:
        load()
    except (Exception, SystemExit) as error:  # a stranger's module may raise anything
        raise PluginError(_failed_at(name, error), _said(error)) from error
    _loaded[name] = sorted(_registered() - before)
    if not _loaded[name]:
        raise PluginError(name, "registered nothing; is @distortion or the like missing?")


def blamed(error: Exception) -> PluginError | None:
    """The same as the error of a plugin, if it comes out of the code of one: file, line, what.

    A writer or a region source from outside may raise anything, as a distortion may; what this
    project raises on purpose keeps its meaning.
    """
    if isinstance(error, IqaSpiderError):
        return error if isinstance(error, PluginError) else None
    packages = {name.partition(":")[0].partition(".")[0] for name in _loaded}
    for frame, line in reversed(list(traceback.walk_tb(error.__traceback__))):
        file, module = frame.f_code.co_filename, str(frame.f_globals.get("__name__", ""))
        if file in _loaded or module.partition(".")[0] in packages:
            return PluginError(f"{file}:{line}", _said(error))
    return None


def _registered() -> set[str]:
    parts = {f"{registry.kind} {name}" for registry in Registry.every for name in registry}
    return parts | set(DISTORTIONS)


def _failed_at(name: str, error: BaseException) -> str:
    """The line at which the import of a file failed; a package has many, so only its name."""
    if isinstance(error, SyntaxError) and error.filename == name:
        return f"{name}:{error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == name]
    return f"{name}:{lines[-1]}" if lines else name


def _said(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return "it calls sys.exit while it is imported"
    text = " ".join((error.msg if isinstance(error, SyntaxError) else str(error)).split())
    return text if isinstance(error, ConfigError) else f"{type(error).__name__}: {text}"


def _import_file(path: Path) -> None:
    name = f"iqa_spider_plugin_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ConfigError(f"--plugin {path}: its name must end with .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)


def from_function(
    name: str,
    family: str,
    levels: tuple[Level, Level, Level, Level, Level],
    function: Callable[..., Image],
    *,
    summary: str,
    source: str = "our own",
    random: bool = False,
    visible_from: int = 1,
    library: str = "",
) -> Distortion:
    """Register a transform of another library, or any function that knows nothing of sites.

    It is always given the whole picture, so that what it does does not hang on the region; that
    is slower than a type with a halo.

    Args:
        name: Name to register.
        family: A registered family.
        levels: Five entries, severity 1 to 5: the function's parameter, or a tuple of them.
        function: ``(image, *parameters)`` to image, uint8 ``(height, width, 3)`` both; with
            ``random``, ``(image, *parameters, seed)``. It may write into its input.
        summary: A sentence that says what a viewer sees.
        source: Where it comes from.
        random: Whether it takes a ``seed``, below 2**32, from which all that is random in it
            must come.
        visible_from: Lowest severity a viewer can see without the reference.
        library: Distribution whose version decides the pixels; empty where none does.

    Returns:
        The type, which can be called.

    Raises:
        ConfigError: As ``distortion``; or the function's parameters cannot be told.
    """
    names = _parameters(name, function)
    if random and (not names or names.pop() != "seed"):
        raise ConfigError(f"{name}: a random function's last parameter must be called seed")

    @functools.wraps(function)
    def run(image: Image, site: Site, **params: Value) -> Image:
        seed = {"seed": Stream(site.key, name).bits() >> 32} if random else {}
        return function(image.copy(), **params, **seed)

    order = [Parameter(each, Parameter.POSITIONAL_OR_KEYWORD) for each in ("image", *names, "site")]
    run.__signature__ = Signature(order)  # type: ignore[attr-defined]
    run.__name__, run.__doc__ = name, f"{summary}\n\nSource: {source}."
    distortion(
        family,
        levels,
        halo=None,
        random=random,
        domain="neighbourhood",
        visible_from=visible_from,
        library=library,
    )(run)
    return get(name)


def _parameters(name: str, function: Callable[..., object]) -> list[str]:
    try:
        parameters = list(signature(function).parameters.values())
    except (TypeError, ValueError) as error:  # compiled code may not say
        raise ConfigError(f"{name}: {error}; wrap it in a lambda") from None
    if not parameters or any(p.kind is not p.POSITIONAL_OR_KEYWORD for p in parameters):
        raise ConfigError(
            f"{name}: expected a function (image, parameter, ...), got {name}{signature(function)}"
        )
    return [parameter.name for parameter in parameters[1:]]
