"""
The settings of tests: the demo's, over plain HTTP, with a key that is no secret and passwords that are soon hashed.

Whatever a test starts runs with the same environment under the product's own settings module.
"""

import os

from django.contrib.auth.hashers import PBKDF2PasswordHasher

os.environ["COUNTERSIGN_DEMO"] = "1"
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

from config.settings import *  # noqa: F403 - all of it, once the environment is set


class SoonHashed(PBKDF2PasswordHasher):
    """The product's own, with one turn in place of a million."""

    iterations = 1


PASSWORD_HASHERS = ["tests.settings.SoonHashed"]
