"""A dataset as pages: one self-contained file, or a server for all of it."""
