"""Makes a torchvision that was built for CUDA importable beside a torch that was not.

Only the tests need this, on machines where no matching torchvision is to be had: its compiled part
does not load there, and its import then ends at the missing declaration of ``nms``. Declared with a
plain implementation when torchvision is imported, and not before, everything that the tests use
runs, and a command that does without torch stays without it.
"""

import importlib.machinery
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
    """From now on torchvision gets a stand-in for ``nms`` where its own does not load."""
    if "torchvision" not in sys.modules and not any(isinstance(f, _Finder) for f in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


class _Finder:
    """Finds torchvision where it lies, and has it loaded with the stand-in."""

    def find_spec(self, name, path=None, target=None):
        spec = None
        if name == "torchvision":
            spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None:
            spec.loader = _Loader(spec.loader)
        return spec


class _Loader:
    """Loads as the loader that it is given does, once ``nms`` is declared."""

    def __init__(self, own):
        self.own = own

    def __getattr__(self, name):
        return getattr(self.own, name)

    def create_module(self, spec):
        return self.own.create_module(spec)

    def exec_module(self, module):
        declared = _declare()
        self.own.exec_module(module)
        if declared:
            module.extension._has_ops = lambda: True


def _declare():
    """Declare what is missing; whether it was."""
    import torch

    library = torch.library.Library("torchvision", "FRAGMENT")
    signature = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
    try:
        for name in ("nms", "qnms"):
            library.define(name + signature)
    except RuntimeError:  # its own are there
        return False
    library.impl("nms", _nms, "CPU")
    _declare.library = library  # what it declares ends with it
    return True
