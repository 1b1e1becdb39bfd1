"""Names out of class lists, captions and vocabularies: lower case, without article."""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

from annotators.regions.ssa.batches import Batches
from annotators.regions.ssa.loading import (
    Placement,
    load_model,
    load_processor,
    provenance,
    require,
)
from schemas.arrays import Image
from schemas.errors import ConfigError

_SPACY_MODEL = "en_core_web_sm"

# Words that end a noun phrase: prepositions, conjunctions, forms of to be, verbs of captions.
_BREAKS = """
a about above across after along among an and are around as at background be behind being below
beneath beside between by down during eating edge facing flying for foreground from front has have
having hanging holding in inside into is it its jumping laying leaning looking lying made near next
of off on onto or out over parked playing resting riding running shown sitting some standing
swimming that the their there these they this those through to toward towards under up using
walking watching wearing while with
"""
# Words that name a picture or a place in it and not a thing.
_EMPTY = """
back bunch close closeup couple few group image kind lot lots middle number one pair part photo
photograph picture piece set shot side something top two three view
"""
BREAKS, EMPTY = frozenset(_BREAKS.split()), frozenset(_EMPTY.split())


def class_name(name: str) -> str:
    """A class of a data set as people say it.

    ``person;individual;someone`` and ``person, individual`` are their first synonym;
    ``sky-other-merged`` is a sky and ``wall-brick`` a brick wall.
    """
    first = re.split(r"[,;]", name)[0].strip().lower().replace("_", " ")
    words = [word for word in first.split("-") if word not in ("merged", "other", "stuff")]
    return " ".join(words[1:] + words[:1])


def chunk(caption: str) -> list[str]:
    """Noun phrases of a caption, by the words that cannot be part of one.

    The default where no language model is installed: captions of BLIP are short and flat.
    """
    phrases: list[list[str]] = [[]]
    for word in re.findall(r"[a-z][a-z'-]*|[^\sa-z]", caption.lower()):
        if word in BREAKS or not word[0].isalpha():
            phrases.append([])
        else:
            phrases[-1].append(word)
    return _unique(" ".join(words) for words in phrases if not set(words) <= EMPTY)


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(name for name in names if name))


@lru_cache(maxsize=1)
def noun_phrases() -> Callable[[str], list[str]]:
    """SpaCy's noun chunks where its small English model is installed, else ``chunk``."""
    nlp = _spacy()
    if nlp is None:
        return chunk

    def chunks(caption: str) -> list[str]:
        found = []
        for phrase in nlp(caption.lower()).noun_chunks:
            words = [t.text for t in phrase if t.pos_ not in ("DET", "PRON", "PUNCT", "SPACE")]
            found.append("" if set(words) <= EMPTY else " ".join(words))
        return _unique(found)

    return chunks


def _spacy() -> Any:
    try:
        import spacy
    except ImportError:
        return None
    if not spacy.util.is_package(_SPACY_MODEL):
        return None
    return spacy.load(_SPACY_MODEL, disable=["ner", "lemmatizer"])


def read_vocabulary(text: str, origin: str) -> list[str]:
    """Names, one a line; empty lines and lines that begin with ``#`` are skipped.

    Raises:
        ConfigError: It holds no name.
    """
    lines = (line.strip().lower() for line in text.splitlines())
    names = _unique(line for line in lines if not line.startswith("#"))
    if not names:
        raise ConfigError(f"{origin}: no name in it; one name a line is expected")
    return names


def candidates(*sources: Sequence[str]) -> list[str]:
    """The union in order of first mention."""
    return _unique(name for source in sources for name in source)


MOST_TOKENS = 20


class Captioner:
    """BLIP, unconditional and greedy, so that the same crop has the same caption.

    Args:
        name: Folder or hub name.
        place: Where it runs.
        size: Crops per forward pass.

    Raises:
        ConfigError: It cannot be loaded.
    """

    def __init__(self, name: str, place: Placement, size: int) -> None:
        self._torch = require("torch")
        self._model = load_model("BlipForConditionalGeneration", name, place)
        self._processor = load_processor("BlipProcessor", name)
        self._place, self._batches = place, Batches(size)
        self.provenance = provenance(name, self._model)
        """For the manifest."""

    def captions(self, crops: Sequence[Image]) -> list[str]:
        """One caption for each RGB crop ``(height, width, 3)``."""
        return self._batches.run(self._captions, crops)

    def _captions(self, crops: Sequence[Image]) -> list[str]:
        inputs = self._processor(images=list(crops), return_tensors="pt")
        pixels = inputs["pixel_values"].to(self._place.device, self._place.dtype)
        with self._torch.inference_mode():
            tokens = self._model.generate(
                pixel_values=pixels, max_new_tokens=MOST_TOKENS, num_beams=1, do_sample=False
            )
        found = self._processor.batch_decode(tokens, skip_special_tokens=True)
        return [caption.strip() for caption in found]
