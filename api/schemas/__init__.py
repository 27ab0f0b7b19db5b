"""Wire models: what goes over HTTP, with examples; mapped by hand from the services' values."""
