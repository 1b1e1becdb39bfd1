"""Visible damage of a region on one scale, fitted to what people said.

``perceived(before, after, mask)`` measures two pictures; ``Planes.of`` prepares one of them once
for many comparisons by ``compare``. ``visible`` says whether a difference is seen by somebody
who has no reference beside it, ``grade_of`` gives the word for its size, ``damage_map`` where
it lies.
"""

from distortions.perception.compare import Comparison as Comparison
from distortions.perception.compare import compare as compare
from distortions.perception.compare import damage_map as damage_map
from distortions.perception.compare import perceived as perceived
from distortions.perception.measures import Damage as Damage
from distortions.perception.measures import Glance as Glance
from distortions.perception.planes import PIXELS_PER_DEGREE as PIXELS_PER_DEGREE
from distortions.perception.planes import Planes as Planes
from distortions.perception.words import Grade as Grade
from distortions.perception.words import colour_visible as colour_visible
from distortions.perception.words import grade_of as grade_of
from distortions.perception.words import orders_differ as orders_differ
from distortions.perception.words import specks_visible as specks_visible
from distortions.perception.words import visible as visible
