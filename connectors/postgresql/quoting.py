"""Names as SQL has them, written so that nobody is misled: what a person reads is what the server would run."""

import re
import unicodedata

# Lower case with an underscore or a digit: no reserved word is of that form, but for these beginnings.
PLAIN = re.compile(r"(?!current_|session_|system_)[a-z_][a-z0-9_]*[0-9_][a-z0-9_]*", re.ASCII)
QUOTED = re.compile(r'"(?:[^"]|"")+"', re.DOTALL)
MISLEADING = {"Cc", "Cf", "Zl", "Zp", "Co", "Cn"}  # controls, signs of direction, line ends, what no font has


def quoted(name: str) -> str:
    """Return a name as SQL has it."""
    return name if PLAIN.fullmatch(name) else plain_to_see('"' + name.replace('"', '""') + '"')


def printable(identity: str) -> str:
    """Return what the server has quoted, with every quoted part that could mislead written with its code points."""
    return QUOTED.sub(lambda found: plain_to_see(found[0]), identity)


def text(said: str) -> str:
    """Return a text as SQL has it, whatever it holds, so that it reads as it is."""
    return plain_to_see("'" + said.replace("'", "''") + "'")


def plain_to_see(part: str) -> str:
    """Write a quoted name or text with its code points where the eye cannot be trusted."""
    if not any(misleads(letter) for letter in part):
        return part
    return "U&" + "".join(code(letter) if letter == "\\" or misleads(letter) else letter for letter in part)


def code(letter: str) -> str:
    """Write one character as SQL's escape."""
    return f"\\{ord(letter):04X}" if ord(letter) <= 0xFFFF else f"\\+{ord(letter):06X}"  # noqa: PLR2004 (four digits)


def misleads(letter: str) -> bool:
    """Whether a character is not seen as what it is."""
    return unicodedata.category(letter) in MISLEADING


def one_line(name: str) -> str:
    """Return a name for a comment, which must end with its line."""
    return "".join(f"\\{ord(letter):04X}" if misleads(letter) else letter for letter in name)
