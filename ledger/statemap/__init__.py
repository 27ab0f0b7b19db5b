"""A verifiable map from 32-byte keys to 32-byte values: proofs that a key is there, or is not.

`proofs` is all that a verifier needs; `tree` changes the map and makes proofs, `pages` says how it
is stored. What is in the map (order heads, standings of keys) is said above, in `ledger.claims`.
"""
