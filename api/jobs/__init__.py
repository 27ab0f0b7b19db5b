"""Durable jobs around the use cases; the only part that knows the job engine."""
