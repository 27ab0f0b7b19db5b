"""The loops that must be fast, in C: numbers in arrays. `library.py` loads them."""
