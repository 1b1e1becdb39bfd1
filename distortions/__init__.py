"""Image to image: the distortion types, their order, and their application inside regions.

What stands here is the door for authors of types: ``distortion``, ``from_function``, ``Family``
and ``register_family`` to bring one, ``Image``, ``Site`` and ``Stream`` to write it with, ``get``
to call it.
"""

from distortions.plugins import from_function as from_function
from distortions.registry import DISTORTIONS as DISTORTIONS
from distortions.registry import FAMILIES as FAMILIES
from distortions.registry import Distortion as Distortion
from distortions.registry import distortion as distortion
from distortions.registry import get as get
from distortions.registry import register_family as register_family
from distortions.registry import types_of as types_of
from distortions.site import Site as Site
from distortions.types import blur as blur
from distortions.types import brightness as brightness
from distortions.types import codec as codec
from distortions.types import colour as colour
from distortions.types import compression as compression
from distortions.types import content as content
from distortions.types import contrast as contrast
from distortions.types import lens as lens
from distortions.types import noise as noise
from distortions.types import processing as processing
from distortions.types import quantization as quantization
from distortions.types import resolution as resolution
from distortions.types import saturation as saturation
from distortions.types import sensor as sensor
from distortions.types import sharpness as sharpness
from distortions.types import structure as structure
from distortions.types import weather as weather
from schemas.arrays import Image as Image
from schemas.arrays import Mask as Mask
from schemas.families import Family as Family
from schemas.streams import Stream as Stream
