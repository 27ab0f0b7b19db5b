"""Documents in: domain values, and a report of what was rejected and why.

Every importer returns an `Imported` value. A document is taken whole or not at all: one rejected
row means that `value` is None, and the report names all rejected rows (up to a limit), so that a
person can mend the document in one go.
"""
