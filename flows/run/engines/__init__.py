"""Who runs the shards of a run: this process, Prefect and its workers, the devices of a machine."""
