"""Knowing."""
