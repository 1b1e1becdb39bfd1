"""A picture that is not opened yet: where the road of the data begins."""

from typing import Literal, NamedTuple, TypeAlias

CandidateKind: TypeAlias = Literal["file", "listed", "tar", "parquet", "damaged"]


class Candidate(NamedTuple):
    """One picture, not opened yet.

    Args:
        source: Name of the source, unique in the run.
        path: Path inside the source; ``file.tar!member`` and ``file.parquet!row`` in archives.
        root: Absolute path of the folder or the archive.
        member: Path under ``root``, name in the tar, row number, or what is wrong with an archive.
        kind: How to read it; ``listed`` files were named one by one and may be links to anywhere;
            ``damaged`` stands for all that an archive cannot give any more.
    """

    source: str
    path: str
    root: str
    member: str
    kind: CandidateKind
