"""The nouns of the house: records, masks, configuration, keyed randomness and errors."""
