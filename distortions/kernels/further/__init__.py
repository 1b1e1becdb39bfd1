"""Compiled pixel loops of the types beyond the twelve families; see ``distortions/kernels``."""
