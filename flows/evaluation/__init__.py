"""Evaluation: what a model answered, held against a dataset, other benchmarks and people."""
