"""Records as ingest writes them, for tests of what comes after it."""

from schemas.records import Picture, Screen

SCREEN = Screen(
    sharpness=9,
    noise=1,
    blockiness=1,
    detail=6,
    clipped=0,
    steadiness=9,
    focus=9,
    texture=1,
    blown=0,
    veil=0,
)
"""Scores with which nothing is wrong."""


def picture(path="a.jpg", height=80, width=100):
    """A photograph that passed."""
    return Picture(
        picture_id="0123456789abcdef",
        source="test",
        path=path,
        content_hash="00",
        file_hash="00",
        perceptual_hash="00",
        width=width,
        height=height,
        format="PNG",
        rules=[],
        screen=SCREEN,
        group="0123456789abcdef",
        split="train",
        licence="",
    )
