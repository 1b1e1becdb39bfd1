"""What ``commands.sh --tiny`` takes for downloads and for people.

Windows of the photographs that scikit-image carries stand for KADIS-700k, KonIQ-10k and KADID-10k,
a handful of made-up records for Q-Instruct, DQ-495K and Q-Bench, random weights for every model.
Nothing it makes says anything about quality; it shows that every command takes what the one before
it wrote.

    python tiny.py downloads OUT      every file that the recipe downloads, small
    python tiny.py annotate PROJECT   what a person would export from the labelling tool
    python tiny.py rate FOLDER        what raters would fill into the tables of a study
"""

import csv
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import skimage.data
from PIL import Image

from annotators.questions.pools import builtin_pools
from flows.picture.by_hand import degrade
from schemas import masks

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

WINDOW, SIDE = 192, 256  # smaller pictures than these are no good sources
PHOTOGRAPHS = (
    "astronaut.png",
    "chelsea.png",
    "coffee.png",
    "motorcycle_left.png",
    "rocket.jpg",
)
FLAWS = (("blur", "sharpness"), ("noise", "grain and blocks"))
"""What the people who annotate find, and the group of the page that it stands in."""
TYPES = ("gaussian_blur", "gaussian_noise", "jpeg_compression", "pixelate")


def windows() -> Iterator[tuple[str, np.ndarray]]:
    """Name and pixels of as many windows of each photograph as lie in it side by side."""
    folder = Path(skimage.data.__file__).parent
    for name in PHOTOGRAPHS:
        photo = Image.open(folder / name).convert("RGB")
        columns, rows = (side // WINDOW for side in photo.size)
        for number in range(rows * columns):
            y, x = (WINDOW * place for place in divmod(number, columns))
            window = photo.crop((x, y, x + WINDOW, y + WINDOW)).resize((SIDE, SIDE))
            yield f"{name.split('.')[0]}-{number}", np.asarray(window)


def downloads(out: Path) -> None:
    """Lay everything out as the downloads lie."""
    photos = dict(windows())
    for name, pixels in photos.items():
        save(pixels, out / "kadis700k" / "ref_imgs" / f"{name}.png")
    names = list(photos)
    koniq(out / "koniq10k", {name: photos[name] for name in names[1::5]})
    kadid(out / "kadid10k", {name: photos[name] for name in names[2::5]})
    q_instruct(out / "Q-Instruct", photos[names[0]])
    dq495k(out / "DataDepictQA", photos[names[0]])
    q_bench(out, photos[names[3]])
    ready_made_masks(out / "masks", photos)
    models(out / "models")


def save(pixels: np.ndarray, path: Path) -> None:
    """Write a picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, compress_level=1)


def koniq(out: Path, photos: dict[str, np.ndarray]) -> None:
    """Flawed photographs, and their table of opinions."""
    rows = []
    for number, (name, pixels) in enumerate(photos.items()):
        flawed = degrade(pixels, f"{TYPES[number % 4]}:4", seed=number)
        save(flawed, out / "1024x768" / f"{name}.png")
        rows.append([f"{name}.png", 0.1, 0.2, 0.4, 0.2, 0.1, 100, 3.0 - number / 4, 0.7, 50])
    heads = ["image_name", "c1", "c2", "c3", "c4", "c5", "c_total", "MOS", "SD", "MOS_zscore"]
    table(out / "koniq10k_scores_and_distributions.csv", heads, rows)


def kadid(out: Path, photos: dict[str, np.ndarray]) -> None:
    """References at five levels of blur, and their opinions."""
    rows = []
    for number, pixels in enumerate(photos.values(), 1):
        save(pixels, out / "images" / f"I{number:02}.png")
        for level in range(1, 6):
            name = f"I{number:02}_01_{level:02}.png"
            save(degrade(pixels, f"gaussian_blur:{level}"), out / "images" / name)
            rows.append([name, f"I{number:02}.png", 5 - 0.7 * level + 0.1 * number, 0.5])
    table(out / "dmos.csv", ["dist_img", "ref_img", "dmos", "var"], rows)


def q_instruct(out: Path, photo: np.ndarray) -> None:
    """Six conversations about brightness."""
    records = []
    for number in range(6):
        name = f"spaq_koniq/{number}.png"
        save((photo * (0.5 + number / 10)).clip(0, 255).astype(np.uint8), out / name)
        said = "dark" if number < 4 else "bright"
        turns = ["<image>\nHow bright is this picture?", f"It is {said}."]
        records.append({"id": str(number), "image": name, "conversations": conversation(turns)})
    write(out / "cleaned_labels.json", records)


def dq495k(out: Path, photo: np.ndarray) -> None:
    """Six pictures with two distortions each."""
    records = []
    for number in range(6):
        name = f"KADIS700K/A_md/{number}.png"
        save(degrade(photo, "gaussian_blur:2,gaussian_noise:1", seed=number), out / name)
        turns = ["What distortions are there?", "Blur and noise"]
        records.append(
            {
                "id": str(number),
                "image_ref": None,
                "image_A": name,
                "image_B": None,
                "task_type": "quality_single_A_noref",
                "distortion_classes": ["blur", "noise"],
                "distortion_names": ["blur_gaussian", "noise_gaussian_RGB"],
                "severities": [2, 1],
                "conversations": conversation(turns),
            }
        )
    metas = out / "KADIS700K" / "A_md_brief" / "metas"
    write(metas / "train_A_md_mix_75k_exclude.json", records)


def q_bench(out: Path, photo: np.ndarray) -> None:
    """Four questions with two options each."""
    save(photo, out / "llvisionqa" / "0.png")
    questions = [
        {
            "img_path": "0.png",
            "question": f"How sharp is part {number} of this image?",
            "candidates": ["Sharp", "Blurry"],
            "correct_ans": "Sharp",
            "type": 2,
            "concern": 0,
        }
        for number in range(4)
    ]
    write(out / "llvisionqa_dev.json", questions)


def ready_made_masks(out: Path, names: Iterable[str]) -> None:
    """A disc in each quarter of each photograph, as SA-1B has masks: a random SAM finds none.

    One of the four, from photograph to photograph another, reaches over the middle. There a model
    that is unsure of its words points, so that some temperature makes it hit.
    """
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    small = [(across, down, 0.15) for down in (0.2, 0.8) for across in (0.2, 0.8)]
    for number, name in enumerate(names):
        across, down, _ = small[number % 4]
        large = (0.5 + (across - 0.5) / 2, 0.5 + (down - 0.5) / 2, 0.27)
        parts = [
            {
                "segmentation": {"size": [SIDE, SIDE], "counts": masks.encode(disc)},
                "predicted_iou": 0.9,
            }
            for across, down, radius in (*small[: number % 4], large, *small[number % 4 + 1 :])
            for disc in [np.hypot(x - across, y - down) < radius]
        ]
        image = {"width": SIDE, "height": SIDE, "file_name": f"{name}.png"}
        write(out / f"{name}.json", {"image": image, "annotations": parts})


def models(out: Path) -> None:
    """Random weights in the form of every model of the recipe."""
    import tiny_ssa  # noqa: PLC0415  # loads torch; annotate and rate do without
    import tiny_vlm  # noqa: PLC0415

    tiny_ssa.build(out)
    for kind in ("qwen3_vl", "qwen2_5_vl"):
        taught_places(tiny_vlm.build(out / kind, kind=kind))


def taught_places(folder: Path, steps: int = 150) -> None:
    """Let a model say one of the four places when it is asked where something is.

    Real models can speak before they are fine-tuned. Without this, so few steps would leave nothing
    but noise, which no temperature makes a point.
    """
    import torch  # noqa: PLC0415
    import transformers as t  # noqa: PLC0415

    model = t.AutoModelForImageTextToText.from_pretrained(folder)
    tokenizer = t.AutoTokenizer.from_pretrained(folder)
    pools = builtin_pools().wordings
    asked = [wording for pool in ("hybrid_most", "hybrid_least") for wording in pools[pool]]
    places = ("Top left.", "Top right.", "Bottom left.", "Bottom right.")
    texts = [
        f"<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n{place}<|im_end|>\n"
        for question in asked
        for place in places
    ]
    rows = tokenizer(texts, return_tensors="pt", padding=True)
    labels = rows["input_ids"].masked_fill(rows["attention_mask"] == 0, -100)
    optimizer = torch.optim.AdamW(model.parameters(), 3e-3)
    for step in range(steps):
        part = slice(8 * step % len(texts), 8 * step % len(texts) + 8)
        given = {name: values[part] for name, values in rows.items()}
        model(**given, labels=labels[part]).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    model.save_pretrained(folder)


def annotate(project: Path) -> None:
    """A person who takes two proposals of each picture and says what is wrong with them."""
    exported = []
    for number, task in enumerate(json.loads((project / "tasks.json").read_text())):
        proposed = task["predictions"][0]["result"]
        regions = list(dict.fromkeys(part["id"] for part in proposed))[:2]
        result = [part for part in proposed if part["id"] in regions]
        flaw, group = FLAWS[number % len(FLAWS)]
        for region, severity in zip(regions, ("severe", "mild"), strict=False):
            shape = next(part for part in proposed if part["id"] == region)
            for name, choice in ((f"{group} distortion", flaw), (f"{flaw} severity", severity)):
                said = {"from_name": name, "type": "choices", "value": {"choices": [choice]}}
                result.append({**shape, **said})
        scope = {"from_name": "scope", "to_name": "image", "type": "choices"}
        result.append({**scope, "value": {"choices": ["regional"]}})
        annotation = {"id": number, "completed_by": 1, "result": result}
        exported.append({"id": number, "data": task["data"], "annotations": [annotation]})
    write(project / "export.json", exported)


def rate(folder: Path) -> None:
    """Raters who like everything, and who agree but for a point."""
    for number, file in enumerate(sorted(folder.glob("*.csv"))):
        with file.open(newline="") as opened:
            rows = list(csv.DictReader(opened))
        for place, row in enumerate(rows):
            if not row.get("score"):
                row["score"] = str(5 - (place + number) % 2)
        table(file, list(rows[0]), [list(row.values()) for row in rows])


def conversation(turns: list[str]) -> list[dict[str, str]]:
    """A question and its answer as LLaVA has them."""
    return [{"from": who, "value": said} for who, said in zip(("human", "gpt"), turns, strict=True)]


def table(path: Path, heads: list[str], rows: list[list[Any]]) -> None:
    """Write a CSV file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([heads, *rows])


def write(path: Path, value: Any) -> None:
    """Write a JSON file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))


if __name__ == "__main__":
    {"downloads": downloads, "annotate": annotate, "rate": rate}[sys.argv[1]](Path(sys.argv[2]))
