"""The record: a hash-chained, Merkle-proved, signed log of order-backed financing claims."""
