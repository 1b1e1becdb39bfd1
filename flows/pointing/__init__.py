"""From an answer's words to a point to a mask."""
