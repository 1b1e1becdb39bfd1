"""Kernels are compiled once, before the first picture: processes share the work."""

from flows.run import warm


def test_processes_take_turns(tmp_path, monkeypatch):
    """What another process has claimed is left to it; nothing is done twice."""
    done = []
    monkeypatch.setattr(warm, "_jobs", lambda _: [lambda n=n: done.append(n) for n in range(5)])
    (tmp_path / "1").touch()
    (tmp_path / "3").touch()
    warm.take_turns(tmp_path, "segments")
    warm.take_turns(tmp_path, "segments")
    assert done == [0, 2, 4]
