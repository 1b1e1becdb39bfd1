"""The public contract of a distortion type: what is promised, and the pictures it is tried on."""
