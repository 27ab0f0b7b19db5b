"""Measurements. Empty: a process that measures one thing loads no more than that thing."""
