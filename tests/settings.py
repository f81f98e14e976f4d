"""
The settings of tests: the demo's, over plain HTTP and with a key that is no secret.

Whatever a test starts runs with the same environment under the product's own settings module.
"""

import os

os.environ["COUNTERSIGN_DEMO"] = "1"
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

from config.settings import *  # noqa: F403 - all of it, once the environment is set
