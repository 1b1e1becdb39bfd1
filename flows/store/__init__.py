"""How a file gets to disk whole, and what identifies a run."""
