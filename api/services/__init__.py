"""Use cases: load, call a core, store; one use case is one transaction. No HTTP types."""
