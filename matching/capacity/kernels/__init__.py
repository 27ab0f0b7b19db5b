"""The loops that must be fast, compiled by numba: numbers in arrays, no Python objects."""
