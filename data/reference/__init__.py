"""Reference lists with their sources, and the calendar that weeks and legal dates follow."""
