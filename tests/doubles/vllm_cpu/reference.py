"""What transformers says of the words that a served model is asked about; run by vLLM's Python.

python reference.py MODEL JOBS.json     jobs: [{image, question, stem, words: [one, other]}]
"""

import json
import sys

import torch
from PIL import Image
from transformers import AutoModelForImageTextToText, AutoProcessor

model = AutoModelForImageTextToText.from_pretrained(sys.argv[1], dtype=torch.float32).eval()
processor = AutoProcessor.from_pretrained(sys.argv[1])
gaps = []
for job in json.load(open(sys.argv[2], encoding="utf-8")):  # noqa: PTH123, SIM115
    parts = [{"type": "image"}, {"type": "text", "text": job["question"]}]
    prompt = processor.apply_chat_template(
        [{"role": "user", "content": parts}], add_generation_prompt=True
    )
    inputs = processor(
        text=[prompt + job["stem"]],
        images=[[Image.open(job["image"]).convert("RGB")]],
        return_tensors="pt",
    )
    with torch.inference_mode():
        logits = model(**inputs).logits[0, -1]
    one, other = (processor.tokenizer(word)["input_ids"] for word in job["words"])
    assert len(one) == len(other) == 1
    gaps.append(float(logits[one[0]] - logits[other[0]]))
print(json.dumps(gaps))
