"""The files that gridkey keeps beside a destination. Their names and their content are known here alone.

The journal of DIR/NAME is DIR/.NAME.gridkey, whose records are intents, responses, notes and what is done.
"""

import re

NAME = re.compile(r"\.(?P<destination>.+)\.gridkey")
TEMPORARY = re.compile(r"\..+\.gridkey-(new|next)")
ENTRY = re.compile(rb"gridkey1 [0-9a-f]{16} (\w+) (\d+)\n")
UNFINISHED = {"intent", "answer"}


def is_record(name):
    """Whether a file of this name is a record."""
    return NAME.fullmatch(name) is not None


def is_temporary(name):
    """Whether a file of this name becomes a record or a destination, and must not stay."""
    return TEMPORARY.fullmatch(name) is not None


def belongs_to(name, destination):
    """Whether the record is one of this destination's, both given as names in one directory."""
    match = NAME.fullmatch(name)
    return match is not None and match["destination"] == destination.removeprefix(".")


def kinds(data):
    """The kinds of the whole entries of a record."""
    found, at = [], 0
    while match := ENTRY.match(data, at):
        found.append(match[1].decode())
        at = match.end() + int(match[2]) + 1
    return found


def is_unfinished(data):
    """Whether a request in doubt, or a response that was not stored, is in it."""
    return bool(UNFINISHED & set(kinds(data)))
