"""Queries, and the mapping between rows and domain values.

Every function takes a session first and never commits: one use case is one transaction, and the
service that runs it holds both. Every function that reads takes the viewer.
"""
