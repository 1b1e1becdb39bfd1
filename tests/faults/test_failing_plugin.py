"""A plugin that fails on one picture of many, after hours: one line, or one reject row."""

import shutil

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest

PLUGIN = '''
import numpy as np
from distortions import distortion

@distortion(family="darken", levels=(0.6, 0.5, 0.4, 0.3, 0.2))
def sometimes(image, factor, site):
    """Less light, evenly, but not on wide pictures.

    Source: our own.
    """
    if image.shape[1] > 380:
        raise OverflowError("too wide for me")
    return np.round(image * factor).astype(np.uint8)
'''
LINE = 1 + PLUGIN.splitlines().index('        raise OverflowError("too wide for me")')
CONFIG = """
[plan]
families = ["darken"]
exclude_types = [
  "darken_value_shift", "darken_rgb_shift", "darken_value_gamma", "darken_rgb_gamma",
]
length_weights = [1.0]
uniform_share = 1.0
clean_share = 0.0
"""


@pytest.fixture
def build(photos, tmp_path):
    """A build command over two pictures, of which the plugin takes the narrow one only."""
    source = tmp_path / "mixed"
    source.mkdir()
    shutil.copy(photos / "photo0.png", source / "narrow.png")
    wide = cv2.resize(cv2.imread(str(photos / "photo1.png")), (400, 300))
    cv2.imwrite(str(source / "wide.png"), np.ascontiguousarray(wide))
    (tmp_path / "sometimes.py").write_text(PLUGIN)
    (tmp_path / "c.toml").write_text(CONFIG)
    plugin = ("--plugin", tmp_path / "sometimes.py", "--config", tmp_path / "c.toml")
    return ("build", source, "--out", tmp_path / "d", *plugin)


def test_the_line_names_the_picture(build, spider, tmp_path):
    """The run ends with status 2 and says where in the plugin it failed and on which picture."""
    done = spider(*build)
    assert (done.returncode, done.stderr.count("Traceback")) == (2, 0), done.stderr
    said = f"sometimes.py:{LINE}: sometimes: OverflowError: too wide for me"
    assert said in done.stderr
    assert "on mixed/wide.png" in done.stderr


def test_the_picture_becomes_a_reject(build, spider, tmp_path):
    """With ``on_plugin_error`` the run that stopped goes on; the other picture has its rows."""
    assert spider(*build).returncode == 2
    done = spider(*build, "--set", 'run.on_plugin_error="reject"')
    assert done.returncode == 3, done.stderr
    rejects = pq.read_table(tmp_path / "d" / "rejects").to_pylist()
    (found,) = [row for row in rejects if row["reason"] == "plugin_failed"]
    assert (found["stage"], found["subject"]) == ("build", "mixed/wide.png")
    assert found["detail"].startswith(f"plugin sometimes.py:{LINE}: sometimes: OverflowError")
    assert str(tmp_path) not in found["detail"]
    assert pq.read_table(tmp_path / "d" / "data").num_rows > 0
    done = spider("validate", tmp_path / "d", "--source", tmp_path / "mixed")
    assert done.returncode == 0, done.stdout


OTHERS = """
import numpy as np
from annotators import Answer, OneByOne, Proposal, Proposals, region_source, writer

class Halves(OneByOne):
    name = "halves"
    def find(self, image, picture):
        if picture.path.startswith("wide"):
            return self.nothing[7]
        left = np.zeros(image.shape[:2], bool)
        left[:, : image.shape[1] // 2] = True
        return Proposals([Proposal(left, "left part")])

class Silent:
    name, version = "silent", "1"
    def write(self, ask, facts, stream, attempt, broken=()):
        return Answer({}["word"])

@region_source("halves")
def halves(request):
    return Halves()

@writer("silent")
def silent(config):
    return Silent()
"""


@pytest.mark.parametrize(
    ("command", "flags", "said"),
    [
        ("build", ("--regions", "halves"), "others.py:9: AttributeError: 'Halves' object"),
        ("segment", ("--regions", "halves"), "others.py:9: AttributeError: 'Halves' object"),
        ("build", ("--answers", "silent"), "others.py:17: KeyError: 'word'"),
    ],
)
def test_sources_and_writers_are_blamed_like_distortions(
    build, spider, tmp_path, command, flags, said
):
    """Whatever a region source or a writer raises is one line with its file and line."""
    (tmp_path / "others.py").write_text(OTHERS)
    (tmp_path / "o.toml").write_text(f'plugins = ["{tmp_path / "others.py"}"]\n')
    config = ("--config", tmp_path / "o.toml")
    done = spider(command, tmp_path / "mixed", "--out", tmp_path / "d", *config, *flags)
    assert (done.returncode, done.stderr.count("Traceback")) == (2, 0), done.stderr
    assert said in done.stderr
    assert "on mixed/" in done.stderr
