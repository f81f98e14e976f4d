"""
A scan: one reading of a system that is not connected, and what is remarkable in it.

    gathering    everything that the connector shows, once
    walking      who can act as whom
    holdings     who holds what, over which roles, and how much harm that can do
    using        what a file of use, or a system's own log, shows
    usage        what was counted of it
    sleeping     the roles that nobody took on
    seeing       for which grants it would have shown use, and what it showed of them
    rows         what a suspicion looks like, and which come first
    suspecting   what is suspicious about a grant
    acting       what is suspicious about an account because of its roles
    admitting    what it could do once it admits itself to one, as it may
    accounts     what is suspicious about an account itself
    crowds       what is suspicious about a role that whoever a whole account lets may become
    credentials  what is suspicious about what an account signs in with
    telling      sentences: the headline, what could not be seen, what was read
    reaching     what each account reaches over roles
    page         the one HTML file
    terminal     the same for a terminal
    plain        the same for programs

Nothing is stored and nobody is asked: no database of ours is needed. What a review would judge the same way is said in
the words of its check.
"""

from governance.scanning.scanned import Order, Scan, scan

__all__ = ["Order", "Scan", "scan"]
