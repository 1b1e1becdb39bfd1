"""The companion: from a finished dataset to weights and scores."""
