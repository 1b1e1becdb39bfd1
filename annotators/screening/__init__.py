"""Is this photograph a good source, and may one say so? No-reference scores with thresholds.

``coarse`` scores blur, noise, compression, uniformity and clipping, ``finer`` shake, smeared
texture, burnt-out lights and a veil; ``verdict`` refuses, ``well_inside`` vouches. Error rates of
both: ``tests/benchmarks/screening.py``.
"""

from annotators.screening.verdict import CLEAR as CLEAR
from annotators.screening.verdict import screen as screen
from annotators.screening.verdict import verdict as verdict
from annotators.screening.verdict import well_inside as well_inside
