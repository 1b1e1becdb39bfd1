"""Forms of an export, one file each; see ``registry.py``."""
