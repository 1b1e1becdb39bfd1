"""Other people's records, and mixtures of them."""

import json

import cv2
import numpy as np
import pytest

from schemas.settings.training import MixConfig


@pytest.fixture
def records(tmp_path):
    """Eight LLaVA records with pictures, one of two answers."""
    for number in range(8):
        pixels = np.random.default_rng(number).integers(0, 255, (40, 60, 3)).astype(np.uint8)
        cv2.imwrite(str(tmp_path / f"p{number}.png"), pixels)
    rows = [
        {
            "id": str(number),
            "image": f"p{number}.png",
            "qtype": "what" if number % 4 else "how",
            "conversations": [
                {"from": "human", "value": f"<image>\nWhat is on the left {number}?"},
                {"from": "gpt", "value": "Noise on the left."},
            ],
        }
        for number in range(8)
    ]
    rows[3]["conversations"] += [
        {"from": "human", "value": "How strong?"},
        {"from": "gpt", "value": "Strong."},
    ]
    (tmp_path / "llava.json").write_text(json.dumps(rows))
    return tmp_path


def mixture(text, folder):
    """The mixture of a ``mix.toml``."""
    pytest.importorskip("datasets")
    from flows.training.data.mixture import Mixture

    path = folder / "mix.toml"
    path.write_text(text)
    return Mixture.load(MixConfig.load(path))
