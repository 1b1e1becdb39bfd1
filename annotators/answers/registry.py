"""Writers of answers by name: the template, and what packages and plugin files bring.

A file of yours is enough::

    @writer("terse")
    def terse(config: AnswerConfig) -> Writer:
        return Terse()

and ``--answers terse`` finds it: it is asked first, its texts are checked like everybody's, and the
template writes what it cannot. A package declares one entry point in the group
``iqa_spider.writers`` that names the module.
"""

from collections.abc import Callable
from typing import TypeAlias

from annotators.answers.template import TemplateWriter
from annotators.facts import Writer
from schemas.plugins import Registry
from schemas.settings.config import AnswerConfig

MakeWriter: TypeAlias = Callable[[AnswerConfig], Writer]

WRITERS: Registry[MakeWriter] = Registry("writer", "iqa_spider.writers")


def writer(name: str) -> Callable[[MakeWriter], MakeWriter]:
    """Register what makes a writer, as in ``--answers name``.

    Raises:
        ConfigError: The name is taken.
    """

    def add(make: MakeWriter) -> MakeWriter:
        WRITERS.add(name, make)
        return make

    return add


@writer("template")
def template(config: AnswerConfig) -> Writer:
    """The deterministic grammar."""
    return TemplateWriter()
