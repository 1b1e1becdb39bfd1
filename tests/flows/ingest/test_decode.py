"""Decoding: what is used under which rule, what is refused with which reason."""

import io
import struct
import warnings
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pil
from PIL import ImageCms

from flows.ingest.decode import Decoded, decode
from schemas.errors import PictureError
from schemas.settings.config import IngestConfig

CONFIG = IngestConfig(min_side=1)
# The real odd files: rules, or the reason of the reject, under the default configuration.
ODD = {
    "animated_iss634.apng": "animated",
    "animated_iss634.webp": "animated",
    "animated_newtonscradle.gif": "animated",
    "avif_exif.avif": (),
    "bomb_65536x65536_1bit.png": "too_many_pixels",
    "cmyk_500x333.jpg": ("cmyk", "icc_srgb"),
    "cmyk_flower_510x532.jpg": ("cmyk",),
    "exif_Landscape_6.jpg": ("exif_orientation", "downscaled"),
    "exif_Landscape_8.jpg": ("exif_orientation", "downscaled"),
    "exif_Portrait_6.jpg": ("exif_orientation", "downscaled"),
    "exif_blackberry.jpg": ("exif_orientation", "downscaled"),
    "grey_500.png": ("grey",),
    "grey_couple_500x351.png": ("grey",),
    "grey_wolf_236.jpg": ("grey",),
    "icc_profile_big.jpg": ("icc_srgb",),
    "ir_nightcam_3264x2448.jpg": ("downscaled",),
    "jp2_balloon.jp2": ("downscaled",),
    "jpeg_rgb_not_ycc.jpg": ("downscaled",),
    "kn_church_667x1000.jpg": (),
    "la_flower.png": "transparent",
    "mei_user_comment_encoding.jpg": "truncated",
    "near_uniform_paper.jpg": ("downscaled",),
    "pgm16_grey_flower.pgm": ("sixteen_bit", "grey"),
    "png16_rgb_hdr_room_676x449.png": ("sixteen_bit", "icc_srgb"),
    "rgba_children_566x350.png": "transparent",
    "rgba_girona_740x486.png": ("opaque_alpha",),
    "static_boats_1024x682.webp": (),
    "tiff16_rgb.tiff": "too_small",
    "tiff_lab_hopper.tif": "too_small",
    "truncated.png": "truncated",
    "truncated_saw.jpg": "truncated",
}


def saved(picture: Pil.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def refused(data: bytes, config: IngestConfig = CONFIG) -> str:
    with pytest.raises(PictureError) as caught:
        decode(data, config)
    assert "\n" not in caught.value.detail
    return caught.value.reason


@pytest.fixture(scope="module")
def small(astronaut):
    return np.ascontiguousarray(astronaut[:120, :200])


@pytest.mark.parametrize("name", sorted(ODD))
def test_real_odd_files(shared_data, name):
    """Every odd file comes out as the table says, as contiguous uint8 RGB."""
    data = (shared_data / "odd" / name).read_bytes()
    expected = ODD[name]
    if isinstance(expected, str):
        assert refused(data, IngestConfig()) == expected
        return
    decoded = decode(data, IngestConfig())
    assert decoded.rules == expected
    assert decoded.image.dtype == np.uint8
    assert decoded.image.flags.c_contiguous
    assert decoded.image.shape[2] == 3
    assert max(decoded.image.shape[:2]) <= 1024


def test_every_odd_file_is_in_the_table(shared_data):
    """No odd file is left out of the table."""
    assert {file.name for file in (shared_data / "odd").iterdir()} == set(ODD)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "PPM"])
def test_lossless_formats_keep_every_pixel(small, kind):
    """What went in comes out, under no rule."""
    assert_same(decode(saved(Pil.fromarray(small), kind), CONFIG), small, ())


def assert_same(decoded: Decoded, image: np.ndarray, rules: tuple[str, ...]) -> None:
    assert decoded.rules == rules
    np.testing.assert_array_equal(decoded.image, image)


def test_all_eight_orientations(small):
    """Each EXIF orientation is undone: the upright picture comes out."""
    turns = [
        np.array,
        np.fliplr,
        lambda a: np.rot90(a, 2),
        np.flipud,
        lambda a: a.swapaxes(0, 1),
        np.rot90,
        lambda a: np.rot90(a, 2).swapaxes(0, 1),
        lambda a: np.rot90(a, 3),
    ]
    for number, turn in enumerate(turns, 1):
        exif = Pil.Exif()
        exif[0x0112] = number
        stored = Pil.fromarray(np.ascontiguousarray(turn(small)))
        decoded = decode(saved(stored, exif=exif), CONFIG)
        assert_same(decoded, small, ("exif_orientation",) if number > 1 else ())


@pytest.mark.parametrize("orientation", [3, 6, 8])
@pytest.mark.parametrize("deep", [False, True])
def test_turned_tiff(small, orientation, deep):
    """A turned TIFF comes out upright under its rule, also with 16 bits a channel."""
    quarter = {3: 2, 6: 1, 8: 3}[orientation]
    stored = np.ascontiguousarray(np.rot90(small, quarter))
    rules = ("sixteen_bit", "exif_orientation") if deep else ("exif_orientation",)
    assert_same(decode(tiff(stored, orientation, deep), CONFIG), small, rules)


def tiff(image: np.ndarray, orientation: int, deep: bool) -> bytes:
    """A plain TIFF with an orientation, written by hand: Pillow writes no colour of 16 bits."""
    height, width, _ = image.shape
    pixels = (image.astype("<u2") * 257 if deep else image).tobytes()
    tags = {
        256: width,
        257: height,
        258: 122,
        259: 1,
        262: 2,
        273: 128,
        274: orientation,
        277: 3,
        278: height,
    }
    entries = [struct.pack("<HHII", tag, 3, 3 if tag == 258 else 1, v) for tag, v in tags.items()]
    head = b"II*\0" + struct.pack("<IH", 8, len(entries)) + b"".join(entries) + bytes(4)
    return head + bytes(122 - len(head)) + struct.pack("<3H", *[16 if deep else 8] * 3) + pixels


def test_grey_palette_and_one_bit(small):
    """Grey gets three equal channels, palettes are looked up, one bit is black and white."""
    grey = Pil.fromarray(small).convert("L")
    assert_same(decode(saved(grey), CONFIG), np.asarray(grey.convert("RGB")), ("grey",))
    palette = Pil.fromarray(small).quantize(16)
    assert_same(decode(saved(palette), CONFIG), np.asarray(palette.convert("RGB")), ("palette",))
    assert set(np.unique(decode(saved(grey.convert("1")), CONFIG).image)) == {0, 255}


def test_sixteen_bits_are_rounded():
    """Every 16-bit value becomes round(value / 257), in grey and in colour, PNG and TIFF."""
    deep = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    expected = np.floor(deep / 257 + 0.5).astype(np.uint8)
    colour = np.stack([deep, deep[::-1], deep[:, ::-1]], axis=2)
    wanted = np.stack([expected, expected[::-1], expected[:, ::-1]], axis=2)
    for ending in (".png", ".tiff"):
        _, grey_data = cv2.imencode(ending, deep)
        _, colour_data = cv2.imencode(ending, colour[..., ::-1])
        grey = decode(grey_data.tobytes(), CONFIG)
        assert_same(grey, np.repeat(expected[..., None], 3, axis=2), ("sixteen_bit", "grey"))
        assert_same(decode(colour_data.tobytes(), CONFIG), wanted, ("sixteen_bit",))


def test_pgm_of_ten_bits_is_stretched():
    """A PGM whose white is 1023 becomes a picture whose white is 255."""
    levels = np.arange(1024, dtype=">u2").reshape(32, 32)
    decoded = decode(b"P5 32 32 1023\n" + levels.tobytes(), CONFIG)
    assert decoded.image[0, 0, 0] == 0
    assert decoded.image[-1, -1, 0] == 255


def test_alpha_is_dropped_only_where_opaque(small):
    """Opaque alpha leaves the colours; one transparent pixel refuses the picture, also 16 bits."""
    alpha = np.full((*small.shape[:2], 1), 255, np.uint8)
    assert_same(
        decode(saved(Pil.fromarray(np.dstack([small, alpha]))), CONFIG), small, ("opaque_alpha",)
    )
    alpha[5, 5] = 254
    rgba = np.dstack([small, alpha])
    assert refused(saved(Pil.fromarray(rgba))) == "transparent"
    assert refused(saved(Pil.fromarray(rgba), "WEBP", lossless=True)) == "transparent"
    _, deep = cv2.imencode(".png", rgba.astype(np.uint16) * 257)
    assert refused(deep.tobytes()) == "transparent"


def test_transparent_palette_entry_is_refused(small):
    """A palette picture that uses its transparent colour is refused."""
    palette = Pil.fromarray(small).quantize(16)
    used = int(np.asarray(palette)[0, 0])
    assert refused(saved(palette, transparency=used)) == "transparent"


def test_profiles(small):
    """An sRGB profile changes nothing, another converts, a broken one is ignored."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    picture = Pil.fromarray(small)
    assert_same(decode(saved(picture, icc_profile=srgb), CONFIG), small, ())
    assert_same(decode(saved(picture, icc_profile=b"no profile"), CONFIG), small, ())
    # The same curves and primaries with red and blue named the other way round.
    swapped = srgb.replace(b"rXYZ", b"tmp!").replace(b"bXYZ", b"rXYZ").replace(b"tmp!", b"bXYZ")
    swapped = swapped.replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be"))
    decoded = decode(saved(picture, icc_profile=swapped), CONFIG)
    assert decoded.rules == ("icc_srgb",)
    assert np.abs(decoded.image.astype(int) - small[..., ::-1]).mean() < 3


def test_lab_and_cmyk(small, shared_data):
    """Lab and CMYK come out as colours near the ones that went in."""
    picture = Pil.fromarray(small)
    decoded = decode(saved(picture.convert("CMYK"), "TIFF"), CONFIG)
    assert_same(decoded, small, ("cmyk",))
    hopper = (shared_data / "odd" / "tiff_lab_hopper.tif").read_bytes()
    lab = decode(hopper, CONFIG)
    assert lab.rules == ("lab",)
    assert lab.image.std() > 20


def test_several_pictures_in_a_file(small):
    """Animations and pages are refused; of an MPO the first picture is used."""
    first, second = Pil.fromarray(small), Pil.fromarray(255 - small)
    for kind, reason in (
        ("GIF", "animated"),
        ("PNG", "animated"),
        ("WEBP", "animated"),
        ("TIFF", "multi_page"),
    ):
        assert refused(saved(first, kind, save_all=True, append_images=[second])) == reason
    mpo = decode(saved(first, "MPO", save_all=True, append_images=[second]), CONFIG)
    assert (mpo.rules, mpo.format) == (("mpo_first",), "MPO")
    assert np.abs(mpo.image.astype(int) - small).mean() < 10


def test_sizes(small):
    """Limits on pixels, long and short side are checked; the short side as it will be used."""
    data = saved(Pil.fromarray(small))
    assert refused(data, IngestConfig(min_side=1, max_pixels=120 * 200 - 1)) == "too_many_pixels"
    assert refused(data, IngestConfig(min_side=1, max_side=199)) == "too_long_side"
    assert refused(data, IngestConfig(min_side=121)) == "too_small"
    assert refused(data, IngestConfig(min_side=61, max_long_side=100)) == "too_small"
    decoded = decode(data, IngestConfig(min_side=60, max_long_side=100))
    assert decoded.rules == ("downscaled",)
    means = small.reshape(60, 2, 100, 2, 3).mean(axis=(1, 3))
    assert np.abs(decoded.image - means).max() <= 0.5


def test_bomb_is_refused_before_it_is_decoded():
    """A file of a few bytes that claims 40 000 x 40 000 pixels is refused by its header."""
    assert refused(b"P5 40000 40000 255\n") == "too_many_pixels"


def test_what_is_no_picture():
    """Text, nothing, and formats that run other programs are no pictures."""
    for data in (b"", b"hello", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"):
        assert refused(data) == "not_an_image"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "AVIF"])
def test_half_a_file_is_refused(small, kind):
    """The first half of a file never passes for a picture."""
    data = saved(Pil.fromarray(small), kind)
    assert refused(data[: len(data) // 2]) in ("truncated", "corrupt", "not_an_image")


@given(st.sampled_from(["JPEG", "PNG", "TIFF", "GIF", "WEBP", "PPM", "JPEG2000"]), st.data())
def test_damage_is_a_picture_or_a_reason(kind, data):
    """Whatever bytes are changed: a picture or a PictureError, no other error, no warning."""
    base = bytearray(saved(Pil.linear_gradient("L").resize((40, 30)).convert("RGB"), kind))
    for _ in range(data.draw(st.integers(1, 6))):
        base[data.draw(st.integers(0, len(base) - 1))] = data.draw(st.integers(0, 255))
    limit = IngestConfig(min_side=1, max_pixels=1_000_000)
    try:
        image = decode(bytes(base), limit).image
    except PictureError:
        return
    assert image.ndim == 3


def test_threads_leave_no_trace(small):
    """Many threads decode the same pixels, and warnings and Pillow's limit are as before."""
    before = (list(warnings.filters), Pil.MAX_IMAGE_PIXELS)
    data = saved(Pil.fromarray(small), "JPEG")
    with ThreadPoolExecutor(8) as pool:
        images = list(pool.map(lambda _: decode(data, CONFIG).image, range(64)))
    assert all(np.array_equal(images[0], image) for image in images)
    assert (list(warnings.filters), Pil.MAX_IMAGE_PIXELS) == before
