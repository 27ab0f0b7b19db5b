"""What can be proved wrong with a request before any search: rules that cannot be met together."""

from matching.capacity.contradictions.case import Contradiction
from matching.capacity.contradictions.request import contradictions

__all__ = ["Contradiction", "contradictions"]
