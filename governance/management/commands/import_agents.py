"""Take in which agents there are, who answers for them, and with which accounts they act, as CSV or YAML."""

from governance.importing import Agents
from governance.management.lines import LinesCommand


class Command(LinesCommand):
    """An empty cell leaves as it is what it is about."""

    help = __doc__
    kind = Agents
