"""Image to image: the distortion types, their order, and their application inside regions."""

from distortions import blur as blur
from distortions import brightness as brightness
from distortions import compression as compression
from distortions import contrast as contrast
from distortions import noise as noise
from distortions import quantization as quantization
from distortions import resolution as resolution
from distortions import saturation as saturation
from distortions import sharpness as sharpness
from distortions.registry import DISTORTIONS as DISTORTIONS
from distortions.registry import FAMILIES as FAMILIES
from distortions.registry import Distortion as Distortion
from distortions.registry import distortion as distortion
from distortions.registry import get as get
from distortions.registry import register_family as register_family
from distortions.registry import types_of as types_of
from distortions.site import Site as Site
