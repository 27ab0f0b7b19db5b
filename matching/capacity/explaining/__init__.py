"""Explanations of a plan: why this, what else, what it would take; every claim solved again."""
