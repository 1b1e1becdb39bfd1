"""Makes a torchvision that was built for CUDA importable beside a torch that was not.

Only the tests need this, on machines where no matching torchvision is to be had: its compiled part
does not load there, and its import then ends at the missing declaration of ``nms``. Declared here
with a plain implementation, everything that the tests use runs.
"""

import importlib.util
import sys


def _nms(boxes, scores, iou_threshold):
    import torch

    order = scores.argsort(descending=True, stable=True)
    left = boxes[order].double()
    areas = (left[:, 2] - left[:, 0]) * (left[:, 3] - left[:, 1])
    alive, kept = torch.ones(len(left), dtype=torch.bool), []
    for best in range(len(left)):
        if alive[best]:
            kept.append(best)
            low = torch.maximum(left[best, :2], left[best + 1 :, :2])
            high = torch.minimum(left[best, 2:], left[best + 1 :, 2:])
            common = (high - low).clamp(min=0).prod(dim=1)
            union = areas[best] + areas[best + 1 :] - common
            alive[best + 1 :] &= ~(common / union > iou_threshold)
    return order[torch.tensor(kept, dtype=torch.long)]


def make_importable():
    """Import torchvision, with a stand-in for ``nms`` where its own does not load."""
    if importlib.util.find_spec("torchvision") is None or "torchvision" in sys.modules:
        return
    import torch

    library = torch.library.Library("torchvision", "FRAGMENT")
    signature = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
    try:
        for name in ("nms", "qnms"):
            library.define(name + signature)
    except RuntimeError:  # its own are there
        return
    library.impl("nms", _nms, "CPU")
    make_importable.library = library  # what it declares ends with it
    import torchvision.extension

    torchvision.extension._has_ops = lambda: True
