"""The log: canonical bytes, the chain, the Merkle tree, tiles, signed checkpoints, the sequencer.

The log is blind to what an entry means: the rules of the record are passed to it (`rules.Rules`).
Formats are those of C2SP (signed-note, tlog-checkpoint, tlog-tiles, tlog-cosignature, tlog-proof)
over RFC 6962 hashing; `docs/spec/ledger.md` is normative.
"""
