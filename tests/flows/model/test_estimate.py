"""What ``--dry-run`` says beside what a build then asks."""

import json

import pytest

from annotators.chat.tiles import picture_tokens, tile_grid
from flows.ingest.sources import list_candidates
from flows.model.cost import estimate, sizes_of
from flows.store.identity import settings_hash
from schemas.settings.config import RunConfig
from tests.doubles.chat_server import allowed_words, serving


@pytest.mark.parametrize(
    ("size", "most", "grid"),
    [
        ((360, 270), 6, (3, 2)),
        ((1024, 768), 12, (4, 3)),
        ((768, 1024), 6, (2, 3)),
        ((1024, 1024), 6, (2, 2)),
        ((1024, 1024), 12, (3, 3)),
        ((300, 300), 12, (1, 1)),
        ((1024, 500), 12, (2, 1)),
        ((100, 900), 6, (1, 6)),
        ((900, 899), 12, (2, 2)),
    ],
)
def test_grids_are_internvls(size, most, grid):
    """The grids are those that transformers' image processor of InternVL chooses."""
    assert tile_grid(*size, most) == grid


def test_tokens_of_a_picture():
    """One tile has no thumbnail; twelve have one, which makes 13 times 256 and two marks."""
    assert picture_tokens(300, 300, 12) == 258
    assert picture_tokens(1024, 768, 12) == 3330
    assert picture_tokens(1024, 768, 6, 224, 64) == 7 * 64 + 2


def silent(body, number):
    words = allowed_words(body)
    said = {"answer": words[0] if words else "", "decision": "keep", "label": ""}
    return json.dumps(said)


def characters(body):
    parts = [message["content"] for message in body["messages"]]
    texts = [
        part["text"]
        for content in parts
        if not isinstance(content, str)
        for part in content
        if part["type"] == "text"
    ]
    return sum(map(len, texts + [content for content in parts if isinstance(content, str)]))


@pytest.mark.parametrize("mode", ["facts", "paraphrase"])
def test_text_is_estimated_from_the_real_prompts(photos, spider, tmp_path, mode):
    """The characters of a request are within a quarter of those that a build really sends."""
    file = tmp_path / "c.toml"
    file.write_text(
        f'[answers]\nattempts = 1\nmode = "{mode}"\nmodel = "m"\nwriter = "vllm"\n'
        "refine_labels = false\n[estimate]\ncharacters_per_token = 1\n"
    )
    with serving(silent) as server:
        done = spider(
            "build", photos, "--out", tmp_path / "d", "--config", file, "--endpoint", server.url
        )
        assert done.returncode in (0, 3), done.stderr
        sent = [characters(body) for body in server.bodies if not allowed_words(body)]
    config = RunConfig.load(file)
    found = estimate(8, config, 20.0, sizes_of(list_candidates([str(photos)], None), config))
    assert found.text_tokens / found.requests == pytest.approx(sum(sent) / len(sent), rel=0.25)
    assert found.requests == pytest.approx(len(sent), rel=0.5)
    assert found.picture_tokens == found.requests * picture_tokens(360, 270, 6)


def test_more_is_asked_with_names_and_rewordings():
    """Crops and reworded questions are requests, too; without a model there is none."""
    plain = {"answers.writer": "vllm", "answers.refine_labels": False}
    few = estimate(100, RunConfig.load(None, plain), 20.0)
    named = estimate(100, RunConfig.load(None, plain | {"answers.refine_labels": True}), 20.0)
    worded = estimate(100, RunConfig.load(None, plain | {"questions.wording": "model"}), 20.0)
    assert named.requests == few.requests + 300
    assert worded.requests > 1.8 * few.requests
    assert named.picture_tokens - few.picture_tokens == 300 * 258
    assert estimate(100, RunConfig(), 20.0).requests == 0


def test_counting_changes_no_dataset():
    """Other ratios and tiles do not make another run."""
    other = RunConfig.load(None, {"estimate.characters_per_token": 3.0, "estimate.max_tiles": 12})
    assert settings_hash(other) == settings_hash(RunConfig())
