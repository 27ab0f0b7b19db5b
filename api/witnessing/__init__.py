"""Witnesses over HTTP: a server of our own, the client of others', and how a log uses them."""
