"""ViDA-UGC's training records: tasks by file, by name and by form; boxes that are none."""

import json

import pytest

from flows.training.data.mixture import open_source
from flows.training.data.vida import FILES, vida_row
from schemas.errors import ConfigError
from schemas.settings.training import SourceConfig

BOX = "<|box_start|>(10,20),(300,400)<|box_end|>"
GROUP = f"<|object_ref_start|>Severe noise<|object_ref_end|>{BOX}"
LONG = " ".join(["The grain hides the texture of the wall."] * 4)
FORMS = {
    "dist_detect": ("Please list the boxes of all distortions.", f"Noise:\n{GROUP}.<|im_end|>"),
    "ref-grounding": ("Where is the noise on the wall?", f"{BOX}."),
    "reg-perception": (f"What affects {BOX}?", f"Noise: {GROUP}."),
    "mcq": ("Which is there?\nA. Noise\nB. Blur", "A."),
    "qa": ("Which part is noisy?", "The wall on the left."),
    "score": ("How good is it?", "poor"),
    "assess": ("Assess it.", f"A wall.\n{LONG}\n{LONG}\nThus, the quality of the image is poor."),
    "brief_assess": ("Assess it briefly.", f"{LONG}\nThus, the quality of the image is poor."),
    "dist_assess": ("Describe the noise.", f"There is {GROUP} on the wall. {LONG}"),
}


@pytest.mark.parametrize("name", FORMS)
def test_the_form_tells_the_task(name):
    """A conversation of the combined file has the task that its own file would give it."""
    turn = FORMS[name]
    assert vida_row("combined", [turn], "r") == vida_row(name, [turn], "r")
    task, ((_, answer),) = vida_row(name, [turn], "r")
    assert task == FILES[name]
    assert not answer.endswith("<|im_end|>")


@pytest.mark.parametrize("box", ["(10,20),(5,400)", "(10,20),(300,4000)", "(10,20),(300,x)"])
def test_a_box_that_is_none_is_one_clear_line(tmp_path, box):
    """The message names file and record."""
    path = tmp_path / "combined.json"
    answer = f"<|box_start|>{box}<|box_end|>"
    turns = [{"from": "human", "value": "<image>\nWhere?"}, {"from": "gpt", "value": answer}]
    path.write_text(json.dumps([{"id": "1", "image": "a.png", "conversations": turns}]))
    with pytest.raises(ConfigError, match="record 0: "):
        open_source(SourceConfig(path=str(path), kind="vida"))


def test_records_are_opened_with_their_tasks(tmp_path):
    """A file named after its task gives rows of that task."""
    path = tmp_path / "reg-perception.jsonl"
    question, answer = FORMS["reg-perception"]
    turns = [{"from": "human", "value": f"<image>\n{question}"}, {"from": "gpt", "value": answer}]
    line = json.dumps({"id": "1", "image": "a.png", "conversations": turns})
    path.write_text(f"{line}\n{line}\n")
    source = open_source(SourceConfig(path=str(path), kind="vida"))
    assert source.tasks() == ["vida_grounding.region"] * 2
    assert source.example(0).turns == ((question, answer),)
