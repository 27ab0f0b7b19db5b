"""Where Parkloom meets the world: command line, HTTP, services, settings."""
