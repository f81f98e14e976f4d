"""The admin's pages about what was asked, decided and done, about agents and grants, and governance's queue."""

from reviews.admin import acts, agents, asked, attestations, decided, holders, queue  # registering the pages

__all__ = ["acts", "agents", "asked", "attestations", "decided", "holders", "queue"]
