"""Routes: each takes a request apart, calls one use case and maps the answer. No logic here."""
