"""Overfits a tiny InternVL on given conversations until it says its lessons by heart.

    python teach.py LESSONS.jsonl OUT_DIR

A lesson is a request as an OpenAI endpoint gets it, with the answer that is wanted. The model sees
the pictures, too; what it learns is these few texts and nothing else. Run by the interpreter that
has vLLM, so that the checkpoint and the chat template are those that vLLM reads.
"""

import base64
import io
import json
import math
import sys
import time
from pathlib import Path

import torch
from PIL import Image
from tiny_internvl import build, build_tokenizer
from transformers import InternVLForConditionalGeneration, InternVLProcessor

WIDTH, WORDS, ROUNDS, RATE = 128, 2500, 120, 2e-3
SURE = 0.8
"""Every token of every lesson is at least so probable: another machine's rounding changes none."""


def main(lessons: Path, out: Path) -> None:
    torch.manual_seed(0)
    torch.set_num_threads(1)  # steps are small; two threads mostly wait for each other
    asked = [json.loads(line) for line in lessons.read_text().splitlines()]
    build(
        out,
        tokenizer=build_tokenizer(texts_of(asked), WORDS),
        width=WIDTH,
        spread=0.02,
        max_patches=6,
    )
    model = InternVLForConditionalGeneration.from_pretrained(out)
    processor = InternVLProcessor.from_pretrained(out)
    samples = [sample(lesson, processor) for lesson in asked]
    start, (sure, rounds) = time.monotonic(), learn(model, samples)
    model.save_pretrained(out)
    print(
        json.dumps(
            {
                "lessons": len(samples),
                "sure": sure,
                "rounds": rounds,
                "tokens": sum(s["input_ids"].shape[1] for s, _ in samples),
                "seconds": round(time.monotonic() - start),
            }
        )
    )


def texts_of(asked):
    """Every text a lesson holds, for the tokenizer."""
    parts = [
        part for lesson in asked for message in lesson["messages"] for part in parts_of(message)
    ]
    return [part["text"] for part in parts if part["type"] == "text"] + [
        lesson["answer"] for lesson in asked
    ]


def parts_of(message):
    content = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def sample(lesson, processor):
    """Inputs of one lesson, and how many tokens at their end are the answer."""
    turns, pictures = [], []
    for message in lesson["messages"]:
        parts = [{"type": "image"} if p["type"] == "image_url" else p for p in parts_of(message)]
        turns.append({"role": message["role"], "content": parts})
        for part in parts_of(message):
            if part["type"] == "image_url":
                data = base64.b64decode(part["image_url"]["url"].partition(",")[2])
                pictures.append(Image.open(io.BytesIO(data)).convert("RGB"))
    prompt = processor.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)
    answer = processor.tokenizer(lesson["answer"] + "<|im_end|>", return_tensors="pt").input_ids
    found = dict(processor(text=[prompt], images=pictures, return_tensors="pt"))
    found["input_ids"] = torch.cat([found["input_ids"], answer], dim=1)
    found["attention_mask"] = torch.ones_like(found["input_ids"])
    keep = ("input_ids", "attention_mask", "pixel_values")
    return {name: found[name] for name in keep}, answer.shape[1]


def learn(model, samples):
    """Gradient steps over all weights until every lesson is known; the least probability, rounds.

    A lesson of a hundred tokens may have a small mean loss and one token that is not the likeliest,
    after which the model says something else: so the tokens are looked at one by one, with the
    weights standing still.
    """
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.0)
    sure = 0.0
    for number in range(ROUNDS):
        for group in optimizer.param_groups:
            group["lr"] = RATE * min(1.0, (number + 1) / 4) * (1 - 0.9 * number / ROUNDS)
        worst = 0.0
        for index in torch.randperm(len(samples)).tolist():
            loss = losses(model, *samples[index]).mean()
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            worst = max(worst, loss.item())
        if worst < -math.log(SURE):  # with a larger mean, some token was less probable
            sure = least_probability(model, samples)
        if sure >= SURE:
            break
    return sure, number + 1


def losses(model, inputs, length):
    """Cross entropy of each token of one answer, in nats."""
    said = model(**inputs, logits_to_keep=length + 1).logits[0, :-1]
    wanted = inputs["input_ids"][0, -length:]
    return torch.nn.functional.cross_entropy(said, wanted, reduction="none")


@torch.no_grad()
def least_probability(model, samples):
    return min(math.exp(-losses(model, *one).max().item()) for one in samples)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
