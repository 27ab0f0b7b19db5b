"""The open call (揭榜挂帅): a demand published, proposals sealed, judged blind, awarded, delivered.

`apply` is a pure function of a call and an action. Who may do what in which state is the table in
`states`; every refusal has a code of its own in `refusals`.
"""

from matching.technology.opencall.call import Call, open_call
from matching.technology.opencall.machine import Action, Transition, apply, document_sha256
from matching.technology.opencall.refusals import CallCode, CallRefused
from matching.technology.opencall.states import TABLE, CallState, Role, Step

__all__ = [
    "TABLE",
    "Action",
    "Call",
    "CallCode",
    "CallRefused",
    "CallState",
    "Role",
    "Step",
    "Transition",
    "apply",
    "document_sha256",
    "open_call",
]
