"""Log lines for operators: a constant message, then its facts as key=value; control characters escaped."""

import logging

ORDINARY = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "data"}


class Line(logging.Formatter):
    """One line a record: time, level, logger, message, and what `extra` brought."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """Append the facts; nothing that a stranger typed can begin a new line."""
        facts = {key: value for key, value in vars(record).items() if key not in ORDINARY}
        line = super().format(record)
        return line + "".join(f" {key}={value!r}" for key, value in facts.items())
