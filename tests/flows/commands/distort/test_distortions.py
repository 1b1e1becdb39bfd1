"""``iqa-spider distortions`` and plugins of a build, as a user types them."""

import subprocess
import sys

import cv2
import numpy as np
import pytest

from distortions import DISTORTIONS, FAMILIES, get, types_of
from flows.store.png import decode_png, write_png

HEAD = '''import numpy as np
from distortions import distortion

@distortion(family="darken", levels=(0.9, 0.8, 0.7, 0.6, 0.5))
def dim(image, factor, site):
    """Less light, evenly.

    Source: our own.
    """
'''
GOOD = HEAD + "    return np.round(image * factor).astype(np.uint8)\n"
LATE = HEAD + (
    "    if image.shape[0] == 270:\n        raise OverflowError('too large')\n"
    "    return np.round(image * factor).astype(np.uint8)\n"
)
ONLY_DIM = """
[plan]
families = ["darken"]
uniform_share = 1.0
clean_share = 0.0
length_weights = [1.0]
exclude_types = ["darken_value_shift", "darken_rgb_shift", "darken_value_gamma", "darken_rgb_gamma"]
"""
BROKEN = {
    "raises": ("    raise RuntimeError('ouch')\n", 10, "RuntimeError: ouch"),
    "dtype": ("    return image * factor\n", 4, "returned float64, expected uint8"),
    "shape": ("    return image[:5].copy()\n", 4, "returned shape (5, 200, 3)"),
    "nothing": ("    image * factor\n", 4, "returned None"),
    "in place": ("    image[:] = 0\n    return image\n", 10, "it writes into its input"),
    "exit": ("    import sys\n    sys.exit(0)\n", 11, "it calls sys.exit"),
}


@pytest.fixture
def photo(tmp_path, coffee):
    """A photograph of 300 x 200."""
    write_png(tmp_path / "photo.png", cv2.resize(coffee, (300, 200)))
    return tmp_path / "photo.png"


@pytest.fixture
def plugin(tmp_path):
    """Writes a plugin file."""

    def write(text):
        file = tmp_path / "my_distortion.py"
        file.write_text(text)
        return file

    return write


def one_line(done):
    """The single line of stderr of a command that ended with the user's mistake."""
    assert done.returncode == 2, done.stderr
    (line,) = done.stderr.strip().splitlines()
    return line


def test_list(spider):
    """``list`` prints every family and type with what a viewer sees, and how many there are."""
    done = spider("distortions", "list")
    assert done.returncode == 0
    for entry in DISTORTIONS.values():
        assert f"  {entry.name}{'' if entry.default else '*'} " in done.stdout
        assert entry.summary in done.stdout
    families = [family for family in FAMILIES.values() if types_of(family.name)]
    assert all(f"{family.name}  ({family.noun})" in done.stdout for family in families)
    told = f"{len(DISTORTIONS)} types in {len(families)} families"
    assert done.stdout.splitlines()[-1] == told


def test_list_of_another_data_sets_kinds(spider):
    """``--profile kadid`` lists the 25 kinds with our types; another name is a short line."""
    done = spider("distortions", "list", "--profile", "kadid")
    lines = done.stdout.splitlines()
    assert len(lines) == 26
    assert lines[9].split() == ["10", "jpeg_compression"]
    assert "allowed: kadid, panda" in one_line(spider("distortions", "list", "--profile", "live"))


def test_show_of_a_plugin_says_where_it_is(spider, plugin):
    """``show`` of a type from outside ends with its file and line."""
    file = plugin(GOOD)
    done = spider("distortions", "show", "dim", "--plugin", file)
    assert done.returncode == 0
    assert "severity 3: factor 0.7  (looks 0 px far)" in done.stdout
    assert done.stdout.splitlines()[-1] == f"from a plugin: {file}:4"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Gausian-Blur", "did you mean gaussian_blur"),
        ("zzgzz", f"nearest of {len(DISTORTIONS)}: "),
    ],
)
def test_unknown_type_is_a_short_line(spider, name, said):
    """A type that does not exist is answered with near names in a short line."""
    line = one_line(spider("distortions", "show", name))
    assert said in line
    assert len(line) < 140


def test_check(spider, plugin):
    """``check`` lists what was asked and counts it; without names it asks what plugins bring."""
    done = spider("distortions", "check", "--plugin", plugin(GOOD))
    assert done.returncode == 0
    *promises, last = done.stdout.splitlines()
    assert len(promises) == 9
    assert all(line.startswith("  ok  ") for line in promises)
    assert last == "dim: 9 checks passed"
    assert "jitter: 9 checks passed" in spider("distortions", "check", "jitter").stdout
    assert "name a type" in one_line(spider("distortions", "check"))


def test_preview_of_one_type(spider, photo, plugin, tmp_path):
    """``preview`` checks a plugin, draws whole picture and detail, and counts in the singular."""
    sheet = tmp_path / "sheet.png"
    flags = ("--types", " dim ", "--plugin", plugin(GOOD), "--out", sheet)
    done = spider("distortions", "preview", photo, *flags)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"dim: 9 checks passed\n{sheet}: 1 type, severities 1 to 5\n"
    assert decode_png(sheet.read_bytes()).shape == (2 * 18 + 128 + 6 + 192 + 6, 6 * 198, 3)


def test_preview_takes_pictures_as_a_build_does(spider, tmp_path, coffee):
    """A large photograph is scaled down as for a build, so that levels look as they will there."""
    write_png(tmp_path / "large.png", cv2.resize(coffee, (2400, 1600)))
    sheet = tmp_path / "sheet.png"
    done = spider(
        "distortions",
        "preview",
        "large.png",
        "--types",
        "oversharpen,dim",
        "--out",
        sheet,
        cwd=tmp_path,
    )
    assert "unknown distortion 'dim'" in one_line(done)
    done = spider(
        "distortions",
        "preview",
        "large.png",
        "--types",
        "oversharpen,pixelate",
        "--out",
        sheet,
        cwd=tmp_path,
    )
    assert "2 types" in done.stdout
    small = cv2.resize(coffee, (1024, 683), interpolation=cv2.INTER_AREA)
    coarse = cv2.resize(get("pixelate")(small, 5), (192, 128), interpolation=cv2.INTER_AREA)
    shown = decode_png(sheet.read_bytes())
    top = 2 * 18 + 128 + 6 + 192 + 6 + 2 * 18
    cell = shown[top : top + 128, 5 * 198 : 5 * 198 + 192]
    assert np.abs(cell.astype(int) - coarse).mean() < 2


@pytest.mark.parametrize("what", BROKEN)
def test_broken_plugin_is_one_line(spider, photo, plugin, tmp_path, what):
    """``preview`` and ``apply`` end a broken plugin in one line: type, file, line; status 2."""
    body, number, said = BROKEN[what]
    file, out = plugin(HEAD + body), tmp_path / "out.png"
    for command in (("preview", photo, "--types", "dim"), ("apply", photo, "--chain", "dim:3")):
        line = one_line(spider("distortions", *command, "--plugin", file, "--out", out))
        assert line.startswith(f"iqa-spider: plugin {file}:{number}: dim: {said}")
    assert not out.exists()


def test_preview_unchecked_draws_what_breaks_the_contract(spider, photo, plugin, tmp_path):
    """With ``--unchecked`` an author sees a type that does not keep the contract yet."""
    file = plugin(GOOD.replace("Source: our own.", ""))
    flags = ("--types", "dim", "--plugin", file, "--out", tmp_path / "sheet.png")
    assert "'Source: our own.'" in one_line(spider("distortions", "preview", photo, *flags))
    assert spider("distortions", "preview", photo, *flags, "--unchecked").returncode == 0
    assert (tmp_path / "sheet.png").exists()


def test_apply_is_what_python_gives(spider, photo, plugin, tmp_path):
    """``apply`` and a call with the same seed give the same pixels."""
    out = tmp_path / "out.png"
    done = spider(
        "distortions",
        "apply",
        photo,
        "--chain",
        "noise:gaussian_noise:3",
        "--seed",
        9,
        "--out",
        out,
    )
    assert done.returncode == 0, done.stderr
    picture = decode_png(photo.read_bytes())
    expected = get("gaussian_noise")(picture, severity=3, seed=9)
    assert np.array_equal(decode_png(out.read_bytes()), expected)


@pytest.mark.parametrize("command", ["build", "segment"])
def test_run_refuses_a_broken_plugin_before_it_begins(spider, photo, plugin, tmp_path, command):
    """A plugin that breaks the contract ends a run in one line, before the folder is there."""
    file = plugin(GOOD.replace("(0.9, 0.8, 0.7, 0.6, 0.5)", "(0.5, 0.6, 0.7, 0.8, 0.9)"))
    settings = tmp_path / "run.toml"
    settings.write_text(f"plugins = [{str(file)!r}]\n{ONLY_DIM}")
    out = tmp_path / "out"
    line = one_line(spider(command, photo, "--out", out, "--config", settings))
    assert line.startswith(f"iqa-spider: plugin {file}:4: dim: mean absolute error must grow")
    assert not out.exists()


@pytest.mark.parametrize(("plan", "status"), [('exclude_types = ["dim"]', 0), ("", 1)])
def test_only_what_may_be_drawn_is_asked(environment, plugin, tmp_path, plan, status):
    """A type that the plan leaves out is not asked before a run: it cannot do harm."""
    settings = tmp_path / "run.toml"
    file = plugin(HEAD + "    return None\n")
    settings.write_text(f"plugins = [{str(file)!r}]\n[plan]\n{plan}\n")
    code = (
        "import sys; from pathlib import Path; from flows.run.prepare import check_config;"
        "from schemas.settings.config import RunConfig;"
        "check_config(RunConfig.load(Path(sys.argv[1]), {}), ['photo.png'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, settings],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stderr
    assert ("dim: returned None" in done.stderr) == bool(status)


@pytest.mark.slow  # workers of their own import Prefect once more each
@pytest.mark.parametrize("engine", ["local", "threads"])
def test_failure_in_the_middle_of_a_build_is_one_line(spider, photos, plugin, tmp_path, engine):
    """A plugin that first fails on a picture of the run ends it in one line with status 2."""
    file, settings, out = plugin(LATE), tmp_path / "run.toml", tmp_path / "out"
    settings.write_text(ONLY_DIM)
    done = spider(
        "build",
        photos,
        "--out",
        out,
        "--config",
        settings,
        "--plugin",
        file,
        "--limit",
        2,
        "--shard-size",
        1,
        "--workers",
        2,
        "--engine",
        engine,
    )
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith(f"iqa-spider: plugin {file}:11: dim: OverflowError: too large (at fact")
    assert not (out / "manifest.json").exists()
