"""SPEAK: systems that hold grants. Plain Python: no Django, no database, no memory."""
