"""Masks from text: other people's segmenters, given a model's words."""
