"""The names of everything that is counted on the road, each in one place.

A plain name is a string. A ``Counted`` name is completed by what was counted:
``GATE_REFUSED("invisible")`` is ``gate.refused.invisible``. A name that is misspelt fails at import
and not as a sum that does not balance.
"""

from collections.abc import Mapping


class Counted:
    """A family of counts under one prefix.

    Args:
        prefix: What all their names begin with, without the last dot.
    """

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix

    def __call__(self, *parts: str) -> str:
        """The name of one of them."""
        return ".".join((self.prefix, *parts))

    def under(self, counts: Mapping[str, int]) -> dict[str, int]:
        """Those of ``counts`` that belong here, sorted, without the prefix."""
        start = f"{self.prefix}."
        return {k.removeprefix(start): n for k, n in sorted(counts.items()) if k.startswith(start)}


PICTURES = "pictures"
"""Pictures that went through the build."""

PICTURES_UNREACHED = "pictures_unreached"
"""Selected pictures that were not needed for the rows that were asked for."""
CUT = "cut"
"""Shards that stop where the rows that were asked for are complete."""
CUT_ROWS = "cut_rows"
"""Answers of the last picture that were too many."""

DEPTH_READ = "depth.read"
DEPTH_MISSING = "depth.missing"
REGIONS_PROPOSED = "regions.proposed"
REGIONS_KEPT = "regions.kept"
REGIONS_REJECTED = "regions.rejected"

IMAGES = Counted("images")
"""Degraded pictures by kind: regions, uniform, clean, human."""
IMAGES_PLANNED = IMAGES("planned")
IMAGES_REFUSED = IMAGES("refused")
PLAN_FEWER_REGIONS = "plan.fewer_regions_than_asked"

GATE_REGIONS = "gate.regions"
GATE_CHAINS = "gate.chains"
GATE_PASSED = "gate.passed"
GATE_LEFT_CLEAN = "gate.left_clean"
GATE_REFUSED = Counted("gate.refused")
"""Chains by why the gate refused them."""
GATE_TYPES = Counted("gate.types")
"""Steps by type, level and what the gate said of them: seen, or refused."""

LABELS = Counted("labels")
"""What a model decided of regions' names."""
LABELS_REFINED = LABELS("refined")

ASKED = "ask.asked"
DROPPED = Counted("ask.dropped")
"""Questions that were not asked, by reason."""
QUESTIONS = Counted("questions")
"""What became of rewordings."""

CHAT = Counted("chat")
"""Replies that could not be read, by cause."""
REQUESTS = Counted("requests")
"""Requests, tokens and failures of endpoints."""

WRITTEN = Counted("written")
"""Texts that passed the fact check, by task, sub-task and writer."""
CHECK_TEXTS = "check.texts"
CHECK_PASSED = "check.passed"
CHECK_REFUSED = Counted("check.refused")
"""Texts that did not pass, by task, sub-task and writer."""
CHECK_FAILED = Counted("check.failed")
"""Rules that were broken."""

ROWS = Counted("rows")
"""By split, task, sub-task and form."""
REJECTS = Counted("rejects")
"""By stage and reason."""
