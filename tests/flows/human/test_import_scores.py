"""Tables of people's scores beside the annotations."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from flows.human.opinion_table import read_scores
from schemas.errors import ConfigError
from tests.flows.human.tasks import task


def test_opinion_scores_come_to_one_scale(tmp_path):
    """KonIQ's MOS is 1 to 5 in one file and 0 to 100 in the other; both become 0 to 100."""
    five, hundred = tmp_path / "a.csv", tmp_path / "b.csv"
    five.write_text("image_name,MOS\na.jpg,3.0\nb.jpg,5.0\n")
    hundred.write_text("image_name,MOS,set\na.jpg,50\nb.jpg,77.4,test\n")
    assert {name: o.mos for name, o in read_scores(five).items()} == {"a.jpg": 50.0, "b.jpg": 100.0}
    assert read_scores(hundred)["b.jpg"] == (77.4, "test", "")
    (tmp_path / "c.csv").write_text("x,y\n1,2\n")
    with pytest.raises(ConfigError, match="no columns of names and scores"):
        read_scores(tmp_path / "c.csv")


def test_real_tables_of_scores(shared_data):
    """KonIQ-10k's and KonIQ++'s own tables: scores on one scale, splits, votes."""
    koniq = read_scores(shared_data / "iqa_meta" / "koniq10k_distributions_sets.csv")
    plus = read_scores(shared_data / "iqa_meta" / "koniqpp_meta_info_pyiqa.csv")
    assert koniq["10004473376.jpg"].mos == pytest.approx(77.38, abs=0.01)
    assert koniq["10004473376.jpg"].split == "training"
    assert plus["826373.jpg"].mos == pytest.approx((3.953125 - 1) * 25)
    assert json.loads(plus["826373.jpg"].votes)["contrast"] == pytest.approx(0.234375)
    common = [name for name in plus if name in koniq]
    ours, theirs = ([table[name].mos for name in common] for table in (koniq, plus))
    assert len(common) < 10 or np.corrcoef(ours, theirs)[0, 1] > 0.9


def test_scores_reach_the_records(images, spider, tmp_path):
    """A table given with the import stands beside the pictures it names."""
    (tmp_path / "s.csv").write_text("image_name,MOS,set,blur\np0.png,4.0,test,0.25\n")
    (tmp_path / "e.json").write_text(json.dumps([task("p0.png", []), task("p1.png", [])]))
    out = tmp_path / "a"
    done = spider(
        "import",
        tmp_path / "e.json",
        "--images",
        images,
        "--out",
        out,
        "--scores",
        tmp_path / "s.csv",
    )
    assert done.returncode == 3, done.stderr
    assert "scores: 1 of 2 matched" in done.stderr
    first, second = pq.read_table(out / "pictures.parquet").to_pylist()
    assert (first["mos"], first["official_split"]) == (75.0, "test")
    assert (json.loads(first["votes"]), second["mos"]) == ({"blur": 0.25}, None)
