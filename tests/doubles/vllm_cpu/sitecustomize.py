"""Lets vLLM's CPU wheel import a torchvision that was built for CUDA: declares two operators first.

Only the real-vLLM test puts this folder on PYTHONPATH. The metadata beside it names the package
``vllm``, which the CPU wheel installs under another name and its command line looks for.
"""

import contextlib
import importlib.abc
import importlib.machinery
import sys

SIGNATURE = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"


class _Loader(importlib.abc.Loader):
    def __init__(self, inner):
        self._inner = inner

    def create_module(self, spec):
        return self._inner.create_module(spec)

    def exec_module(self, module):
        import torch

        for name in ("nms", "qnms"):
            with contextlib.suppress(RuntimeError):  # a torchvision that fits this torch
                torch.library.define(f"torchvision::{name}", SIGNATURE)
        self._inner.exec_module(module)

    def __getattr__(self, name):
        return getattr(self._inner, name)


class _Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, fullname, path=None, target=None):
        if fullname != "torchvision":
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader)
        return spec


sys.meta_path.insert(0, _Finder())
