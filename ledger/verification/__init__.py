"""For strangers: check a certificate offline, trusting two public keys and nothing else.

Run as `python -m ledger.verification FILE --key VKEY --registrar VKEY`. Needs the standard library
and `cryptography`; of ours it imports `ledger.values`, `ledger.errors` and `ledger.log` alone, so
none of the code that wrote the record takes part in judging it.
"""
