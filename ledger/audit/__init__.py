"""Audit a whole log from its raw entries: tree, chains, signatures, rules, invariants, map.

It stands above all other packages of the ledger and trusts nothing that was computed before. What
mirrors and auditors run; it needs the log's files, the log's public key and the registrar's.
"""
