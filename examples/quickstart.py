"""Degrade one region of a photograph in Python: a chain on a mask, and what it measures."""

import sys
from pathlib import Path

import cv2
import numpy as np
from skimage import data

from distortions.chain import parse_chain
from distortions.measure import fidelity
from distortions.plan import link_chain
from distortions.region import composite, degrade_region

photo = data.astronaut()
mask = np.zeros(photo.shape[:2], np.uint8)
cv2.ellipse(mask, (220, 120), (90, 110), 0, 0, 360, 1, -1)

chain = link_chain(parse_chain("noise:gaussian_noise:2,blur:gaussian_blur:2"), 42)
patch = degrade_region(photo, mask.astype(bool), chain)
degraded = composite(photo, [patch])

out = Path(sys.argv[1] if len(sys.argv) > 1 else "degraded.png")
cv2.imwrite(str(out), cv2.cvtColor(degraded, cv2.COLOR_RGB2BGR))
scores = fidelity(photo, degraded, mask.astype(bool))
print(f"{out}: SSIM {scores.ssim:.3f}, PSNR {scores.psnr:.1f} dB, mean dE {scores.delta_e:.1f}")
