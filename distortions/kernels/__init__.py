"""Compiled pixel loops: numba, fixed order of operations, no fast-math.

Modules in here import numba and are reached through ``distortions.compiled``, which loads them
on first use, so that listing the registry does not pay for the compiler.
"""
