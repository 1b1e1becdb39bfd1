"""What the types are made of: tables made once, look-ups, array layouts."""
