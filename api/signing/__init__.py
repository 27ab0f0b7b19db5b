"""The log's signer as a process of its own: its socket, its folder, and how others reach it."""
