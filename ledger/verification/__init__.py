"""For strangers: check a certificate offline, trusting keys given from outside and nothing else.

Run as `python -m ledger.verification FILE (--policy FILE | --key VKEY) --registrar VKEY`. Needs
the standard library and `cryptography`; of ours it imports `ledger.values`, `ledger.errors`,
`ledger.log` and the proof functions of `ledger.statemap` alone, so none of the code that wrote
the record takes part in judging it.
"""
