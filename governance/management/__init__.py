"""Doors for operators: the commands of knowing."""
