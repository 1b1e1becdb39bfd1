"""segment-anything's checkpoints: their names, where they are had, and whether this is one."""

from pathlib import Path
from typing import NamedTuple

from annotators.regions.ssa.loading import sha256_of
from schemas.errors import ConfigError


class Published(NamedTuple):
    """A published checkpoint: file name and SHA-256."""

    file: str
    sha256: str

    @property
    def url(self) -> str:
        """Where it is downloaded."""
        return f"https://dl.fbaipublicfiles.com/segment_anything/{self.file}"


# Source: the model zoo of the segment-anything repository; checksums as widely published.
PUBLISHED = {
    "vit_h": Published(
        "sam_vit_h_4b8939.pth", "a7bf3b02f3ebf1267aba913ff637d9a2d5c33d3173bb679e46d9f338c26f262e"
    ),
    "vit_l": Published(
        "sam_vit_l_0b3195.pth", "3adcc4315b642a4d2101128f611684e8734c41232a17c648ed1693702a49a622"
    ),
    "vit_b": Published(
        "sam_vit_b_01ec64.pth", "ec2df62732614e57411cdcf32a23ffdf28910380d03139ee0f4fcbe91eb8c912"
    ),
}


def how_to_get(sam_type: str) -> str:
    """One line that says how to download a checkpoint."""
    return f"curl -LO {PUBLISHED[sam_type].url}"


def verified(checkpoint: str, sam_type: str, sha256: str) -> tuple[Path, str]:
    """The checkpoint file and its checksum, if it is what it should be.

    Args:
        checkpoint: Path of the ``.pth`` file.
        sam_type: ``vit_h``, ``vit_l`` or ``vit_b``.
        sha256: Expected checksum; empty takes the published one when the file has the published
            name, and accepts a file of another name.

    Raises:
        ConfigError: No such file, or another checksum.
    """
    path = Path(checkpoint)
    if not path.is_file():
        raise ConfigError(f"--sam-checkpoint {checkpoint}: no such file; {how_to_get(sam_type)}")
    by_name = {entry.file: entry.sha256 for entry in PUBLISHED.values()}
    expected, got = sha256.lower() or by_name.get(path.name, ""), sha256_of(path)
    if expected and got != expected:
        raise ConfigError(
            f"--sam-checkpoint {checkpoint}: SHA-256 {got[:16]}..., expected {expected[:16]}...; "
            f"the download may be broken: {how_to_get(sam_type)}"
        )
    return path, got
