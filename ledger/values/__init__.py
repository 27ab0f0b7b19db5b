"""Values of the record that need nothing but the standard library.

Money, identifiers, the list of events with who signs each, the shape of every body, the
transition tables and disclosures stand here because `ledger.claims` (which writes) and
`ledger.verification` (which trusts nobody) both read them and never import each other.
"""
