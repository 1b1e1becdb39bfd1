"""The command line as a newcomer meets it."""

import subprocess
import sys

import cv2
import numpy as np
import pytest

from flows.dataset.opened import open_dataset
from flows.store.png import decode_png


def test_help_is_light(environment):
    """``--help`` imports neither Prefect, torch, numba nor pyarrow."""
    code = (
        "import sys; sys.argv = ['iqa-spider', '--help']\n"
        "from flows.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'prefect', 'torch', 'numba', 'pyarrow', 'cv2'}\n"
        "print('LOADED', sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True
    )
    assert "LOADED []" in done.stdout
    assert "build" in done.stdout


def test_listing_loads_no_compiler(environment):
    """``distortions list`` names all types and imports neither Prefect nor torch nor numba."""
    code = (
        "import sys; sys.argv = ['iqa-spider', 'distortions', 'list']\n"
        "from flows.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print('LOADED', sorted({'prefect', 'torch', 'numba'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True
    )
    assert "LOADED []" in done.stdout
    assert "quantize_histogram" in done.stdout


def test_demo(spider, tmp_path):
    """The demo builds a dataset from what scikit-image carries and says where to look."""
    done = spider("demo", "--out", tmp_path / "demo")
    assert done.returncode == 0, done.stderr
    line = next(line for line in done.stdout.splitlines() if "load_dataset" in line)
    split = line.rpartition("split='")[2].partition("'")[0]
    assert len(open_dataset(tmp_path / "demo").filter(task="grounding", split=split))
    assert (tmp_path / "demo" / "row.png").stat().st_size > 10_000
    assert spider("validate", tmp_path / "demo").returncode == 0


@pytest.fixture
def photo(photos):
    return photos / "photo0.png"


def test_apply_on_a_box(spider, photo, tmp_path):
    """``apply --box`` changes the box and nothing else; the same seed gives the same picture."""
    out, again = tmp_path / "a.png", tmp_path / "b.png"
    chain = "noise:gaussian_noise:3,blur:gaussian_blur:2"
    flags = ("--chain", chain, "--box", "40,50,200,180", "--seed", 3)
    assert spider("distortions", "apply", photo, *flags, "--out", out).returncode == 0
    assert spider("distortions", "apply", photo, *flags, "--out", again).returncode == 0
    assert out.read_bytes() == again.read_bytes()
    source = decode_png(photo.read_bytes())
    result = decode_png(out.read_bytes())
    changed = np.any(source != result, axis=2)
    assert changed[50:180, 40:200].mean() > 0.9
    changed[50:180, 40:200] = False
    assert not changed.any()


def test_apply_on_a_mask(spider, photo, tmp_path):
    """``apply --mask`` takes the non-black pixels of a picture as the region."""
    mask = np.zeros((270, 360), np.uint8)
    cv2.circle(mask, (180, 130), 60, 255, -1)
    cv2.imwrite(str(tmp_path / "m.png"), mask)
    out = tmp_path / "o.png"
    flags = ("--chain", "darken:darken_rgb_shift:4", "--mask", tmp_path / "m.png", "--out", out)
    assert spider("distortions", "apply", photo, *flags).returncode == 0
    changed = np.any(decode_png(photo.read_bytes()) != decode_png(out.read_bytes()), axis=2)
    assert not changed[mask == 0].any()
    assert changed[mask > 0].mean() > 0.9


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--chain", "blur:gausian_blur:2"], "did you mean gaussian_blur"),
        (["--chain", "blur:gaussian_blur:9"], "severity must be"),
        (["--chain", "blur:gaussian_blur:1,pixelate:pixelate:1"], "forbidden chain"),
        (["--chain", "blur:gaussian_blur:1", "--box", "0,0,9999,10"], "expected a box inside"),
        (["--chain", "blur:gaussian_blur:1", "--box", "a,b"], "expected x0,y0,x1,y1"),
    ],
)
def test_apply_mistakes(spider, photo, tmp_path, flags, message):
    """A mistake is one clear line with exit status 2, and no picture is written."""
    done = spider("distortions", "apply", photo, *flags, "--out", tmp_path / "o.png")
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "o.png").exists()


def test_preview_and_show(spider, photo, tmp_path):
    """``preview`` draws a sheet; ``show`` prints levels, reach and source of a type."""
    sheet = tmp_path / "sheet.png"
    flags = ("--types", "gaussian_blur,pixelate", "--out", sheet)
    assert spider("distortions", "preview", photo, *flags).returncode == 0
    assert decode_png(sheet.read_bytes()).shape[0] > 300
    done = spider("distortions", "show", "motion_blur")
    assert "drawn per region: angle_deg from -90 to 90" in done.stdout
    assert "severity 5" in done.stdout
    assert "Source:" in done.stdout
    assert spider("distortions", "show", "motion_blurr").returncode == 2


def test_unknown_command_is_a_usage_error(spider):
    """Typing errors of the command itself are usage errors, status 2."""
    done = spider("biuld")
    assert done.returncode == 2
    assert "No such command" in done.stderr
