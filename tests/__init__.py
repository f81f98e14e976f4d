"""Tests: a tree that mirrors the packages, and the ways through all of them."""
