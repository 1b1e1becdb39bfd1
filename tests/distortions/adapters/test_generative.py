"""The round trip through a generator: real classes of diffusers and transformers, tiny weights."""

import numpy as np
import pytest

from distortions import get
from distortions.adapters.generative import autoencoder, upscaler
from distortions.plan import link_chain
from distortions.plugins import load_plugins
from distortions.region import Steps
from schemas.errors import ConfigError, PluginError
from tests.doubles import torchvision_cpu

pytestmark = [
    pytest.mark.usefixtures("forgetful"),
    pytest.mark.filterwarnings("ignore"),  # what the libraries say of each other
]


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A folder with an autoencoder and one with an upscaler, drawn at random."""
    torch = pytest.importorskip("torch")
    torchvision_cpu.make_importable()
    diffusers, transformers = (pytest.importorskip(n) for n in ("diffusers", "transformers"))
    folder = tmp_path_factory.mktemp("weights")
    torch.manual_seed(3)
    diffusers.AutoencoderKL(
        block_out_channels=(8, 16, 16),
        down_block_types=("DownEncoderBlock2D",) * 3,
        up_block_types=("UpDecoderBlock2D",) * 3,
        layers_per_block=1,
        latent_channels=4,
        norm_num_groups=4,
    ).save_pretrained(folder / "pipeline" / "vae")
    settings = {"embed_dim": 12, "depths": [1], "num_heads": [2], "window_size": 8, "upscale": 2}
    config = transformers.Swin2SRConfig(**settings)
    transformers.Swin2SRForImageSuperResolution(config).save_pretrained(folder / "upscaler")
    return folder


def made_of(weights, kind):
    if kind == "upscaler":
        return upscaler(str(weights / "upscaler"))
    return autoencoder(str(weights / "pipeline"), subfolder="vae")


@pytest.mark.parametrize("kind", ["autoencoder", "upscaler"])
def test_a_picture_comes_back(weights, coffee, kind):
    """Any size comes back as it was, the same bytes twice, other ones at each severity."""
    entry = made_of(weights, kind)
    assert (entry.family, entry.domain) == ("generative_artifact", "crop")
    assert not entry.default
    assert not entry.portable
    image = np.ascontiguousarray(coffee[50:141, 60:191])
    found = [entry(image, severity) for severity in (1, 2, 3, 4, 5)]
    assert all(one.shape == image.shape for one in found)
    assert np.array_equal(found[1], entry(image, 2))
    assert len({one.tobytes() for one in found}) == 5
    for size in ((1, 1), (3, 70), (65, 8)):
        tiny = np.full((*size, 3), 90, np.uint8)
        assert entry(tiny, 5).shape == tiny.shape


def test_a_region_is_a_crop_of_its_own(weights, coffee):
    """What lies outside the region's box changes nothing: the model sees the box alone."""
    entry = made_of(weights, "autoencoder")
    image = np.ascontiguousarray(coffee[50:200, 60:260])
    mask = np.zeros(image.shape[:2], np.bool_)
    mask[20:120, 30:150] = True
    (link,) = link_chain([(entry, 2)], 1)
    part = Steps(image, mask, [link]).stage(1)
    other = np.where(mask[..., None], image, 0).astype(np.uint8)
    assert np.array_equal(Steps(other, mask, [link]).stage(1), part)
    assert np.array_equal(entry(np.ascontiguousarray(image[20:120, 30:150]), 2), part)


def test_a_file_of_yours_names_the_weights(weights, tmp_path):
    """A plugin of one line brings the type; it cannot be drawn by default."""
    file = tmp_path / "generator.py"
    call = f"autoencoder({str(weights / 'pipeline' / 'vae')!r})"
    file.write_text(f"from distortions.adapters.generative import autoencoder\n{call}\n")
    assert load_plugins([str(file)])[str(file.resolve())] == ["generator_roundtrip"]
    assert get("generator_roundtrip").library == "diffusers"


def test_weights_that_are_not_there(weights, tmp_path):
    """A folder without weights, or with pickled ones only, is one clear line."""
    import torch

    image = np.zeros((70, 70, 3), np.uint8)
    (tmp_path / "none").mkdir()
    with pytest.raises(PluginError, match="no weights of AutoencoderKL") as refused:
        autoencoder(str(tmp_path / "none"), name="none_there")(image, 1)
    assert "\n" not in str(refused.value)
    pickled = tmp_path / "pickled"
    pickled.mkdir()
    config = (weights / "pipeline" / "vae" / "config.json").read_bytes()
    (pickled / "config.json").write_bytes(config)
    torch.save({}, pickled / "diffusion_pytorch_model.bin")
    with pytest.raises(PluginError, match="no weights of AutoencoderKL"):
        autoencoder(str(pickled), name="pickled_ones")(image, 1)


def test_a_name_is_taken_once(weights):
    """Two models take two names."""
    autoencoder("anything")
    with pytest.raises(ConfigError, match="registered twice"):
        autoencoder("another")
