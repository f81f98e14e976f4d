"""Reports: evidence written down for somebody else, and how they check it without us."""
