"""Processor time by stage of the road, exclusive: what a stage calls is not the stage's own."""

import functools
import importlib
import sys
import time
from collections import Counter

STAGES = {
    "read": ["flows.ingest.candidate:read_bytes"],
    "decode": ["flows.ingest.decode:decode"],
    "screen": ["annotators.screening:screen"],
    "hashes": [
        "flows.ingest.fingerprints:content_hash",
        "flows.ingest.fingerprints:file_hash",
        "flows.ingest.fingerprints:perceptual_hash",
    ],
    "finish": ["flows.run.stages:finish"],
    "select": ["flows.ingest.selection:select_pictures"],
    "segments": ["annotators.regions.segments:SegmentRegions.masks"],
    "appearance": ["annotators.regions.plain_names:plain_names"],
    "partition": [
        "annotators.regions.partition:partition",
        "annotators.regions.lookalikes:lookalikes",
    ],
    "masks": ["schemas.masks:decode", "schemas.masks:encode_part", "schemas.masks:encode"],
    "pole": ["schemas.masks:pole"],
    "largest part": ["schemas.masks:largest_part"],
    "plan": ["distortions.plan:draw_chain", "distortions.plan:link_chain"],
    "chains": ["distortions.region:Steps.stage", "distortions.region:composite"],
    "measure": ["distortions.measure:Looker.effect", "distortions.measure:Looker.look"],
    "scores": ["distortions.measure:Looker.fidelity", "distortions.measure:Look.among"],
    "gate": ["distortions.gate:judge", "distortions.view:View.__init__"],
    "perception": [
        "distortions.view:View._planes",
        "distortions.perception.compare:Comparison.glance",
        "distortions.perception.compare:Comparison.damage",
    ],
    "order": ["distortions.gate:_Sight._order"],
    "blends in": ["distortions.gate:_blends_in"],
    "questions": ["annotators.questions.ask:ask_picture"],
    "words": ["annotators.answering:answer_all"],
    "names": ["annotators.language.phrases:references"],
    "records": ["flows.picture.rows:samples_of", "flows.picture.degraded:degraded_region"],
    "rest of a picture": ["flows.picture.degrade:degrade_and_ask"],
    "PNG": ["flows.store.png:encode_png"],
    "Parquet": [
        "flows.store.shards:_RowWriter.flush",
        "flows.store.shards:_RowWriter.add",
        "flows.store.shards:_RowWriter.close",
        "flows.store.shards:ShardWriter.commit",
        "flows.store.tables:write_table",
    ],
}
"""Stage to the functions that are it; ``finish`` is once a run (card, manifest, shortcuts)."""
SECOND = "other orders"
"""Chains that only the gate wants: the region without a step, the reverse order."""


class Profile:
    """Wraps the stages' functions wherever they were imported to."""

    def __init__(self):
        self.seconds, self.calls, self.stack = Counter(), Counter(), []

    def install(self):
        """Wrap them all; for the rest of this process."""
        for stage, places in STAGES.items():
            for place in places:
                module, _, path = place.partition(":")
                owner = importlib.import_module(module)
                *holders, name = path.split(".")
                for holder in holders:
                    owner = getattr(owner, holder)
                self._replace(owner, name, stage)
        self._mark("distortions.gate", "_Sight", "judged")

    def _replace(self, owner, name, stage):
        plain = vars(owner)[name]
        kind = type(plain) if isinstance(plain, classmethod | staticmethod) else None
        wrapped = self._timed(plain.__func__ if kind else plain, stage)
        setattr(owner, name, kind(wrapped) if kind else wrapped)
        if isinstance(owner, type):
            return
        for module in list(sys.modules.values()):
            if getattr(module, name, None) is plain:
                setattr(module, name, wrapped)

    def _mark(self, module, owner, name):
        """What is called in here is the second look of the gate."""
        holder = getattr(importlib.import_module(module), owner)
        setattr(holder, name, self._timed(vars(holder)[name], "gate", second=True))

    def _timed(self, function, stage, second=False):
        @functools.wraps(function)
        def timed(*args, **kwargs):
            inside = any(entry[2] for entry in self.stack)
            name = SECOND if stage == "chains" and inside else stage
            entry = [name, 0.0, second]
            self.stack.append(entry)
            start = time.thread_time()
            try:
                return function(*args, **kwargs)
            finally:
                spent = time.thread_time() - start
                self.stack.pop()
                self.seconds[name] += spent - entry[1]
                self.calls[name] += 1
                if self.stack:
                    self.stack[-1][1] += spent

        return timed

    def clear(self):
        """Begin anew."""
        self.seconds.clear()
        self.calls.clear()

    def table(self, pictures, whole):
        """Lines of stage, milliseconds a picture, share and calls; ``whole`` in seconds."""
        order = [*STAGES]
        order.insert(order.index("chains") + 1, SECOND)
        rows = [(name, self.seconds[name], self.calls[name]) for name in order]
        rows.append(("everything else", whole - sum(self.seconds.values()), 0))
        for name, seconds, calls in sorted(rows, key=lambda row: -row[1]):
            if seconds or calls:
                milliseconds, times = 1000 * seconds / pictures, calls / pictures
                yield f"{name:<20}{milliseconds:>9.2f}{seconds / whole:>8.1%}{times:>9.1f}"
        yield f"{'sum':<20}{1000 * whole / pictures:>9.2f}{1:>8.1%}"
