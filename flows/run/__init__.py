"""Prefect: shards as tasks around one global pass."""
