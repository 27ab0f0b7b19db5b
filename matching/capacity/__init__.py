"""Idle capacity → orders: a plan with its bound, its reasons and its certificate."""

from matching.capacity.certificate import check_bound
from matching.capacity.check import CheckReport, OrderCost, Violation, check
from matching.capacity.payments import Payment, payments
from matching.capacity.plan import CapacityResult, PlanLine, Price
from matching.capacity.problem import (
    Offer,
    Operation,
    Order,
    Park,
    Problem,
    Quotation,
    Settings,
)
from matching.capacity.solve import solve

__all__ = [
    "CapacityResult",
    "CheckReport",
    "Offer",
    "Operation",
    "Order",
    "OrderCost",
    "Park",
    "Payment",
    "PlanLine",
    "Price",
    "Problem",
    "Quotation",
    "Settings",
    "Violation",
    "check",
    "check_bound",
    "payments",
    "solve",
]
