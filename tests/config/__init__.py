"""The wiring: servers, processes, settings."""
