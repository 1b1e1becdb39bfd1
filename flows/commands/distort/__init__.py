"""Door two: the types of distortion, looked at and extended."""
