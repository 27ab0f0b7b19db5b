"""Explanations of a match: what speaks for it, what against, and what would change it."""
