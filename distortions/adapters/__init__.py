"""What other libraries do to pictures, as types of ours: transforms, and generators."""

from distortions.adapters.libraries import albumentations as albumentations
from distortions.adapters.libraries import imagecorruptions as imagecorruptions
from distortions.adapters.libraries import torchvision as torchvision
