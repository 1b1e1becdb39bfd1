"""The tables of the paper, ours beside the published numbers, on one page."""
