"""What a finished dataset says of itself, and how it is looked at, checked and exported."""
