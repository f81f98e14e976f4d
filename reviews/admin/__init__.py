"""The admin's pages about what was asked, decided and done, and governance's queue."""

from reviews.admin import acts, asked, attestations, decided, holders, queue  # registering the pages

__all__ = ["acts", "asked", "attestations", "decided", "holders", "queue"]
