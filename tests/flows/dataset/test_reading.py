"""A finished dataset in the hands of its readers: datasets, pyarrow, stats, show, the card."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from flows.dataset.opened import open_dataset
from flows.dataset.statistics.stats import collect, summed
from flows.dataset.validate_shard import row_hashes
from flows.store.ledger import read_ledger
from flows.store.tables import dataset_schema, feature, text_columns
from schemas.masks import decode

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def load(tmp_path_factory):
    """``datasets.load_dataset`` offline, with a cache of its own."""
    import datasets

    cache = tmp_path_factory.mktemp("cache")

    def run(dataset, name, **options):
        return datasets.load_dataset(str(dataset), name, cache_dir=str(cache), **options)

    return run


def test_grounding_view(dataset, load):
    """Pictures come decoded and masks decodable, only rows that speak of a region."""
    rows = load(dataset, "grounding", split="train")
    assert len(rows) > 20
    assert "global_description" not in set(rows["task"])
    for row in list(rows)[::7]:
        assert isinstance(row["image"], Image.Image)
        mask = decode(row["mask"], row["height"], row["width"])
        assert row["image"].size == (row["width"], row["height"])
        x, y = (int(value) for value in row["point"])
        assert mask[y, x]
        assert row["messages"][0] == {"role": "user", "content": row["question"]}


def test_instruct_view(dataset, load):
    """Every row, without masks, boxes and points; streaming works, too."""
    rows = load(dataset, "instruct", split="train")
    stored = sum(pq.read_metadata(p).num_rows for p in (dataset / "data").glob("train-*"))
    assert len(rows) == stored
    assert not {"mask", "box", "point"} & set(rows.column_names)
    first = next(iter(load(dataset, "grounding", split="train", streaming=True)))
    assert first["mask"]


def test_features_agree_with_datasets():
    """Our feature description is what ``datasets`` makes of the same Arrow schema."""
    import datasets

    schema = dataset_schema()
    stated = json.loads(schema.metadata[b"huggingface"])["info"]["features"]
    features = datasets.Features.from_dict(stated)
    assert list(features) == schema.names
    plain = schema.remove(0).remove_metadata()
    assert datasets.Features.from_arrow_schema(plain) == datasets.Features(
        {name: features[name] for name in plain.names}
    )
    assert feature(schema.field("messages").type)["_type"] == "List"
    assert "mask" not in text_columns()


def test_pictures_are_stored_once(dataset):
    """A file is hardly larger than its distinct pictures, however many rows they carry."""
    for path in sorted((dataset / "data").glob("train-*.parquet")):
        rows = pq.read_table(path, columns=["image", "image_id"]).to_pylist()
        distinct = {row["image_id"]: len(row["image"]["bytes"]) for row in rows}
        assert len(rows) > 4 * len(distinct)
        assert path.stat().st_size < 1.1 * sum(distinct.values()) + 100_000


def test_rows_of_a_picture_stay_together(dataset):
    """No picture is split between row groups."""
    for path in (dataset / "data").iterdir():
        file, seen = pq.ParquetFile(path), set()
        for group in range(file.num_row_groups):
            ids = set(file.read_row_group(group, columns=["image_id"])["image_id"].to_pylist())
            assert not ids & seen
            seen |= ids


def test_any_row_can_be_made_again(dataset, photos):
    """From the records alone: source, mask, chain and keys give the stored picture."""
    from distortions import get
    from distortions.chain import Link
    from distortions.region import composite, degrade_region
    from flows.ingest.single import SourceImages
    from flows.store.png import decode_png
    from schemas.records import DegradedRegion, Picture

    images = SourceImages(dataset, [str(photos)])
    pictures = {
        p.picture_id: p
        for f in sorted((dataset / "records").glob("pictures-*"))
        for p in Picture.from_table(pq.read_table(f))
    }
    regions = [
        r
        for f in sorted((dataset / "records").glob("degraded-*"))
        for r in DegradedRegion.from_table(pq.read_table(f))
    ]
    stored = {
        row["image_id"]: row["image"]["bytes"]
        for f in (dataset / "data").iterdir()
        for row in pq.read_table(f, columns=["image", "image_id"]).to_pylist()
    }
    for image_id in sorted(stored)[:6]:
        chains = [r for r in regions if r.image_id == image_id and r.chain]
        picture = pictures[image_id.split("-")[0]]
        source = images.load(picture.source, picture.path)
        patches = []
        for region in chains:
            links = [Link(get(s.type), s.severity, int(s.key, 16)) for s in region.chain]
            mask = decode(region.mask, picture.height, picture.width)
            patches.append(degrade_region(source, mask, links))
            assert [json.loads(s.params) for s in region.chain] == [
                {k: pytest.approx(v) for k, v in link.params.items()} for link in links
            ]
        assert np.array_equal(composite(source, patches), decode_png(stored[image_id]))


def test_every_task_occurs(dataset):
    """Eight photographs in two variants are enough for every task."""
    tasks = {
        (row["task"], row["sub_task"])
        for path in (dataset / "data").iterdir()
        for row in pq.read_table(path, columns=["task", "sub_task"]).to_pylist()
    }
    assert {
        ("global_description", ""),
        ("local_description", ""),
        ("referring", "short"),
        ("referring", "long"),
        ("grounding", "accumulation_order"),
        ("grounding", "hybrid_intensity"),
    } <= tasks


def test_near_duplicates_share_a_split(dataset):
    """No group of near duplicates is in both splits."""
    splits = {}
    for path in (dataset / "records").glob("pictures-*"):
        for row in pq.read_table(path, columns=["group", "split"]).to_pylist():
            assert splits.setdefault(row["group"], row["split"]) == row["split"]


def side_by_side(drawn, image):
    """The three panels of a drawn row, each as large as the picture."""
    height, width = image.shape[:2]
    gap = (drawn.shape[1] - 3 * width) // 2
    (top,) = (
        y for y in range(len(drawn) - height) if (drawn[y : y + height, :width] == image).all()
    )
    return [drawn[top : top + height, x : x + width] for x in range(0, drawn.shape[1], width + gap)]


def test_stats_and_show(dataset, spider, photos, tmp_path):
    """``stats`` prints the table; ``show`` draws degraded, marked and pristine in a row."""
    done = spider("stats", dataset)
    assert done.returncode == 0
    assert "accumulation order (DAO-G)" in done.stdout
    out, rows = tmp_path / "row.png", open_dataset(dataset)
    number, row = next((n, row) for n, row in enumerate(rows) if row.mask is not None)
    assert spider("show", dataset, number, "--out", out, "--source", photos).returncode == 0
    with Image.open(out) as drawn:
        panels = side_by_side(np.asarray(drawn.convert("RGB")), row.image)
    assert np.array_equal(panels[0], row.image)
    assert np.array_equal(panels[2], row.source_image(photos))
    marked = (panels[1] != row.image).any(axis=2)
    assert marked[row.mask].any()
    assert 0 < marked.mean() < 0.2
    done = spider("show", dataset, "99999", "--out", out)
    assert (done.returncode, "no row '99999'" in done.stderr) == (2, True)
    assert spider("stats", tmp_path).returncode == 2


def test_card_has_figures_and_configs(dataset):
    """The card names both views and shows charts, and samples of three panels, that are there."""
    card = (dataset / "README.md").read_text()
    assert "config_name: instruct" in card
    assert "config_name: grounding" in card
    panels = 3 * 360 + 2 * 8  # degraded, marked, pristine
    for name, width in {"families.png": 640, "severities.png": 640, "samples.png": panels}.items():
        assert f"figures/{name}" in card
        with Image.open(dataset / "figures" / name) as figure:
            assert figure.width == width


def test_load_example(dataset):
    """examples/load_dataset.py reads the dataset."""
    from tests.conftest import ROOT

    script = ROOT / "examples" / "load_dataset.py"
    done = subprocess.run(
        [sys.executable, str(script), str(dataset)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "pixels in the region" in done.stdout


def tampered(dataset, target, change, table="data/train"):
    """A copy of a dataset whose rows were changed, with a manifest that agrees."""
    import shutil

    import pyarrow as pa

    from flows.store.layout import describe_file
    from flows.store.tables import parquet_options

    shutil.copytree(dataset, target)
    path = sorted(target.glob(f"{table}-*"))[0]
    table = pq.read_table(path)
    rows = table.to_pylist()
    change(rows)
    pq.write_table(
        pa.Table.from_pylist(rows, schema=table.schema), path, **parquet_options(table.schema)
    )
    manifest = json.loads((target / "manifest.json").read_text())
    entry = describe_file(target, path)
    manifest["files"][entry.path] = {"size": entry.size, "sha256": entry.sha256}
    (target / "manifest.json").write_text(json.dumps(manifest))


def first(rows, **wanted):
    """The first row with these values."""
    return next(row for row in rows if all(row[k] == v for k, v in wanted.items()))


def wrong_position(rows):
    row = first(rows, task="grounding")
    row["spatial_answer"] = "Nowhere."


def wrong_short(rows):
    first(rows, sub_task="short")["answer"] = "Mild confusion."


def doubled(rows):
    rows[1]["row_id"] = rows[0]["row_id"]


def wrong_box(rows):
    first(rows, task="grounding")["box"] = [0, 0, 5, 5]


def other_question(rows):
    rows[0]["question"] = "What time is it?"


def lost(rows):
    rows.pop()


def repainted(rows):
    from flows.store.png import decode_png, encode_png

    image = decode_png(rows[0]["image"]["bytes"]).copy()
    image[:] = 255 - image
    for row in rows:
        if row["image_id"] == rows[0]["image_id"]:
            row["image"]["bytes"] = encode_png(image)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (wrong_position, "position"),
        (wrong_short, "answer"),
        (doubled, "twice"),
        (wrong_box, "region"),
        (other_question, "messages"),
        (lost, "counts"),
        (repainted, "pixels"),
    ],
)
def test_validate_finds_what_was_changed(dataset, photos, tmp_path, change, rule):
    """Whatever is changed behind the checksums is found under its own rule."""
    from flows.dataset.validate import validate

    tampered(dataset, tmp_path / "d", change)
    assert rule in {problem.rule for problem in validate(tmp_path / "d", [str(photos)])}


def test_workers_find_what_one_process_finds(dataset, photos, tmp_path):
    """Two processes report the same defects in the same order; a sound dataset has none."""
    from flows.dataset.validate import validate

    assert list(validate(dataset, [str(photos)], workers=2)) == []
    tampered(dataset, tmp_path / "d", repainted)
    alone = list(validate(tmp_path / "d", [str(photos)]))
    assert alone == list(validate(tmp_path / "d", [str(photos)], workers=2)) != []


def test_a_row_id_in_two_shards_is_found(dataset, tmp_path):
    """Shards are checked alone; a row id that two of them use is named all the same."""
    from flows.dataset.validate import _twice

    files = sorted((dataset / "data").glob("train-*.parquet"))[:2]
    (tmp_path / "data").mkdir()
    for file in files:
        shutil.copy(files[0], tmp_path / "data" / file.name)
    names = pq.read_table(files[0], columns=["row_id"])["row_id"].to_pylist()
    found = [d.row for d in _twice(tmp_path, [row_hashes(names), row_hashes(names)])]
    assert found == names


def test_ledgers_say_what_the_files_hold(dataset):
    """Statistics summed over the ledgers equal those counted from the files, in the same order."""
    ledgers = sorted((dataset / ".work" / "ledger").glob("build-*.json"))
    said = summed(read_ledger(dataset, number) for number in range(len(ledgers)))
    counted = collect(dataset)
    assert said == counted
    assert said.families.most_common() == counted.families.most_common()


def test_validate_finds_a_changed_file(dataset, tmp_path):
    """A file that is not as the manifest says is named."""
    import shutil

    from flows.dataset.validate import validate

    shutil.copytree(dataset, tmp_path / "d")
    victim = sorted((tmp_path / "d" / "data").iterdir())[0]
    victim.write_bytes(victim.read_bytes() + b"x")
    (problem,) = validate(tmp_path / "d")
    assert (problem.rule, problem.file) == ("checksum", f"data/{victim.name}")


def test_validate_finds_a_replaced_source(dataset, photos, tmp_path):
    """A photograph that is not the recorded one any more is found by its content hash."""
    from flows.dataset.validate import validate

    source = tmp_path / photos.name
    shutil.copytree(photos, source)
    with Image.open(source / "photo1.png") as image:
        image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(source / "photo1.png")
    assert {problem.rule for problem in validate(dataset, [str(source)])} == {"source"}


def test_pictures_of_several_heights_stand_beside_each_other():
    """Where one caption has more lines than another, the lower picture ends in paper."""
    from flows.dataset.drawing import PAPER, beside

    low, high = np.zeros((4, 3, 3), np.uint8), np.ones((9, 5, 3), np.uint8)
    row = beside([low, high], gap=2)
    assert row.shape == (9, 10, 3)
    assert (row[:4, :3] == 0).all()
    assert (row[4:, :3] == PAPER).all()
    assert (row[:, 5:] == 1).all()
