"""Rows that LLaMA-Factory's own loader makes of a folder, as JSON; run by a Python that has it."""

import importlib.machinery
import json
import sys
import types

try:
    import torchaudio  # noqa: F401
except (ImportError, OSError):  # where only a build for CUDA is to be had; sound is not asked for
    sys.modules["torchaudio"] = module = types.ModuleType("torchaudio")
    module.__spec__ = importlib.machinery.ModuleSpec("torchaudio", None)

from llamafactory.data.loader import _load_single_dataset
from llamafactory.data.parser import get_dataset_list
from llamafactory.hparams import DataArguments, ModelArguments
from transformers import Seq2SeqTrainingArguments

folder, name = sys.argv[1:]
data = DataArguments(dataset_dir=folder, media_dir=folder, dataset=name, template="qwen2_vl")
model = ModelArguments(model_name_or_path=folder)
training = Seq2SeqTrainingArguments(output_dir=folder + "/out", do_train=True, report_to=[])
(attributes,) = get_dataset_list([name], data.dataset_dir)
rows = _load_single_dataset(attributes, model, data, training)
found = [
    {
        "turns": [
            [message["role"], message["content"]]
            for message in [*row["_prompt"], *row["_response"]]
        ],
        "pictures": row["_images"],
    }
    for row in rows
]
print(json.dumps(found))
