"""
The settings of tests: the demo's, over plain HTTP, with a key that is no secret and passwords that are soon hashed.

Whatever a test starts runs with the same environment under the product's own settings module.
"""

import os

from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db.backends.postgresql.base import DatabaseWrapper
from django.db.backends.signals import connection_created
from django.dispatch import receiver  # noqa: TID251 - nobody else is told of a new connection
from psycopg._preparing import PrepareManager

os.environ["COUNTERSIGN_DEMO"] = "1"
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

from config.settings import *  # noqa: F403 - all of it, once the environment is set


class SoonHashed(PBKDF2PasswordHasher):
    """The product's own, with one turn in place of a million."""

    iterations = 1


PASSWORD_HASHERS = ["tests.settings.SoonHashed"]
# A test's tables are all but empty, and the same queries are asked of them thousands of times: their plans are kept.
KEPT_PLANS = 2000
DATABASES["default"]["OPTIONS"] |= {"prepare_threshold": 1, "options": "-c plan_cache_mode=force_generic_plan"}  # noqa: F405 - of those


class KeptPlans(PrepareManager):
    """psycopg's, but a rollback takes nothing from it: a test ends with one, and no table is another then."""

    prepared_max = KEPT_PLANS

    def clear(self) -> bool:
        """Keep them all; PostgreSQL itself plans anew what a changed table wants planned anew."""
        return False


@receiver(connection_created)
def keep_plans(connection: DatabaseWrapper, **_: object) -> None:
    """psycopg keeps a hundred, until the next rollback; it has no public way to say otherwise."""
    kept = KeptPlans()
    kept.prepare_threshold = connection.connection.prepare_threshold
    connection.connection._prepared = kept  # noqa: SLF001
