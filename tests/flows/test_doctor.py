"""``doctor`` says what works."""

from flows.doctor import examine
from schemas.config import RunConfig


def test_core_works_and_missing_weights_are_named(tmp_path):
    """Every package of the core imports; weights that are not there come with a command."""
    findings = {finding.what: finding for finding in examine(RunConfig())}
    assert all(f.ok for what, f in findings.items() if what.startswith("core: "))
    sam = findings["weights: SAM"]
    assert not sam.ok
    assert "sam_vit_h_4b8939.pth" in sam.help


def test_weights_in_folders_are_found(tmp_path):
    """A checkpoint file and a model folder that the configuration names are found."""
    (tmp_path / "sam.pth").write_bytes(b"x")
    (tmp_path / "clip").mkdir()
    (tmp_path / "clip" / "config.json").write_text("{}")
    ssa = {"sam_checkpoint": str(tmp_path / "sam.pth"), "clip_model": str(tmp_path / "clip")}
    findings = {f.what: f for f in examine(RunConfig.parse({"regions": {"ssa": ssa}}))}
    assert findings["weights: SAM"].ok
    assert findings["weights: clip"].ok
    assert not findings["weights: caption"].ok


def test_the_table(spider):
    """The command prints a table; strictness is asked for."""
    done = spider("doctor")
    assert done.returncode == 0
    assert "core: numpy" in done.stdout
    assert "pip install 'iqa-spider[ssa]'" in done.stdout or "ssa: torch" in done.stdout
    assert spider("doctor", "--strict").returncode == 1
