"""Which questions a picture allows, and their wordings."""
