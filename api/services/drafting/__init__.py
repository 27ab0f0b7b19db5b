"""Drafts: named facts in, a body with the order's head and salts fixed out, to be signed.

`table` lists the events with the facts that each takes. The operator's own events
(`plan.published`, `claim.screened`, `claim.lapsed`) are made where they are decided.
"""
