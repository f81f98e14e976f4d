"""Take in who works here: people, their managers, units and employment, as CSV or YAML."""

from governance.importing import People
from governance.management.lines import LinesCommand


class Command(LinesCommand):
    """The same file again changes only what is different."""

    help = __doc__
    kind = People
