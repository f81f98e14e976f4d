"""State since when grants are held, where the systems themselves don't say, as CSV or YAML."""

from governance.importing import HeldSince
from governance.management.lines import LinesCommand


class Command(LinesCommand):
    """The date's basis is *stated*: it is in the ledger and on the card that it was a person who said so."""

    help = __doc__
    kind = HeldSince
    makes_units = False
