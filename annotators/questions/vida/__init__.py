"""Detailed assessment in the shape of ViDA-UGC: grounding, perception, description."""
