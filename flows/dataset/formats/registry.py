"""Forms of an export by name; a further one is a file here with a ``FORMAT``, and a line below."""

from collections.abc import Mapping
from types import MappingProxyType

from flows.dataset.formats import giqa, grpo, jsonl, llava, qwen, sharegpt, swift, trl
from flows.dataset.formats.form import Form, PictureForm
from flows.dataset.pairs.panda import PANDA
from flows.dataset.vida.export import COCO, DIAG, VIDA

FORMATS: Mapping[str, Form | PictureForm] = MappingProxyType(
    {
        "trl": trl.FORMAT,
        "grpo": grpo.FORMAT,
        "sharegpt": sharegpt.FORMAT,
        "swift": swift.FORMAT,
        "llava": llava.FORMAT,
        "jsonl": jsonl.FORMAT,
        "giqa": giqa.FORMAT,
        "qwen25vl": qwen.QWEN25VL,
        "qwen3vl": qwen.QWEN3VL,
        "vida": VIDA,
        "diag": DIAG,
        "coco": COCO,
        "panda": PANDA,
    }
)
