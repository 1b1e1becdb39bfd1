"""Door one: from photographs to a dataset, and looking at it."""
