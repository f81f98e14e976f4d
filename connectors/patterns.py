"""What a pattern means, of an action or of a resource: `*` is any run of characters, `?` is any one."""

import re
from functools import lru_cache

WILD = {"*": ".*", "?": "."}


@lru_cache(maxsize=100_000)
def compiled(pattern: str) -> re.Pattern[str]:
    """Return the regular expression of a pattern."""
    return re.compile(wild(pattern), re.DOTALL)


def wild(pattern: str) -> str:
    """Return it as text."""
    return "".join(WILD.get(character) or re.escape(character) for character in pattern)


def means(pattern: str, text: str) -> bool:
    """Whether a pattern means a text as a whole."""
    return compiled(pattern).fullmatch(text) is not None
