"""Wiring: the one package that knows every other."""
