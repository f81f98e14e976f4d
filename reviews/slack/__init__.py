"""Slack as a surface: what is shown there, and what is said there."""
