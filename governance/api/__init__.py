"""Doors for programs: what is told to us over HTTP, by whoever bears a token."""
