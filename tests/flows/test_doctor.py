"""``doctor`` says what works."""

import json

from flows import doctor as doors
from flows.commands.regenerate import doctor
from flows.doctor import Door, examine
from flows.model.abilities import Finding
from schemas.settings.config import RunConfig


def test_core_works_and_missing_weights_are_named():
    """Every package of the core imports; weights that are not there come with a command."""
    core, ssa, *_ = examine(RunConfig(), deep=True)
    assert core.line() == "ready"
    assert {"numpy", "scipy", "prefect"} <= {finding.what for finding in core.findings}
    sam = next(finding for finding in ssa.missing if finding.what == "weights: SAM")
    assert "sam_vit_h_4b8939.pth" in sam.help


def test_weights_in_folders_are_found(tmp_path):
    """A checkpoint file and a model folder that the configuration names are found."""
    (tmp_path / "sam.pth").write_bytes(b"x")
    (tmp_path / "clip").mkdir()
    (tmp_path / "clip" / "config.json").write_text("{}")
    ssa = {"sam_checkpoint": str(tmp_path / "sam.pth"), "clip_model": str(tmp_path / "clip")}
    door = examine(RunConfig.parse({"regions": {"ssa": ssa}}))[1]
    findings = {finding.what: finding for finding in door.findings}
    assert findings["weights: SAM"].ok
    assert findings["weights: clip"].ok
    assert not findings["weights: caption"].ok


def test_a_door_says_what_it_waits_for():
    """A door is ready, or names what is missing and what to begin with; no GPU closes none."""
    gpu = Finding("GPU", False, "none", needed=False)
    there = Finding("numpy", True, "2.0")
    torch, numpy = Finding("torch", False, "-", "pip install it"), there._replace(ok=False)
    assert Door("d", [there, gpu]).line() == "ready"
    assert Door("d", [there, gpu, torch, numpy, numpy]).line() == (
        "missing torch, numpy; to begin with: pip install it"
    )


def test_what_does_not_import_is_seen_by_a_deep_look_only(tmp_path, monkeypatch):
    """A package that is there but broken passes for installed until it is imported."""
    (tmp_path / "broken_package.py").write_text("raise ValueError('no such operator')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(doors, "EVALUATE", ("broken_package",))
    for group in ("CORE", "SSA", "TRAIN"):
        monkeypatch.setattr(doors, group, ("torch",) if group == "SSA" else ())
    shallow, deep = (examine(RunConfig(), deep)[-1].findings[0] for deep in (False, True))
    assert shallow.ok
    assert not deep.ok
    assert "no such operator" in deep.found


def test_the_command(capsys):
    """One line a door, nothing that looks broken; strictness is asked for."""
    assert doctor.run() == 0
    head, first, *others = capsys.readouterr().out.splitlines()
    assert head.startswith("iqa-spider ")
    assert "Python 3." in head
    assert first == "door one (templates), two and three: ready"
    *others, hint = others
    assert [line.partition(":")[0] for line in others] == [
        "door one (SSA)",
        "sft, point",
        "evaluate",
    ]
    assert "--deep" in hint
    assert doctor.run(strict=True, details=True) == 1
    assert "weights: SAM" in capsys.readouterr().out


def test_findings_as_json(capsys):
    """Programs and bug reports get everything as JSON."""
    assert doctor.run(as_json=True) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["doors"]["door one (templates), two and three"]["ready"] is True
    assert {"iqa-spider", "Python", "system", "processors"} == set(found["system"])
