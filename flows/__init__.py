"""The only room with the disk, Prefect and the command line."""
