"""What the rules of the steps see of an action; the action itself is defined above them."""

from __future__ import annotations

from typing import Any, Protocol

from matching.technology.opencall.call import Application, ApplicationStatus, Call
from matching.technology.opencall.refusals import CallCode, CallRefused
from matching.technology.opencall.states import Role


class Acting(Protocol):
    """Who acts, when, why, with what."""

    @property
    def role(self) -> Role:
        """In what capacity."""
        ...

    @property
    def org(self) -> str:
        """The organisation that acts."""
        ...

    @property
    def at_ms(self) -> int:
        """UTC milliseconds."""
        ...

    @property
    def reason(self) -> str:
        """Words why."""
        ...

    @property
    def payload(self) -> Any:
        """The step's own class of `payloads`, tested before any rule runs."""
        ...


def own_application(call: Call, action: Acting) -> Application:
    """Return the application that the actor's payload names; it must be the actor's own."""
    found = call.application(action.payload.application_id)
    require_own(found, action)
    return found


def require_own(application: Application, action: Acting) -> None:
    """Refuse an action on another's application."""
    if application.org != action.org:
        raise CallRefused(
            CallCode.NOT_THE_APPLICANT,
            f"application {application.application_id} is of another organisation than "
            f"{action.org}",
            application=application.application_id,
            org=action.org,
        )


def require_status(application: Application, *allowed: ApplicationStatus) -> None:
    """Refuse an application that stands elsewhere."""
    if application.status not in allowed:
        raise CallRefused(
            CallCode.APPLICATION_STATUS,
            f"application {application.application_id} is {application.status}; this step needs "
            f"{' or '.join(allowed)}",
            application=application.application_id,
            status=application.status.value,
        )
