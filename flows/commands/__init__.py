"""One command per file; each imports its flow in the body, so that ``--help`` answers at once."""
