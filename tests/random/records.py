"""The files that gridkey keeps beside a destination. Their names and their content are known here alone.

The records of DIR/NAME are DIR/.NAME.gridkey-NUMBER, one for each operation, whose entries are a request, parts of a
response, or what is done.
"""

import re

NAME = re.compile(r"\.(?P<destination>.+)\.gridkey-\d+")
TEMPORARY = re.compile(r"\..+\.gridkey-(new|lock)")
ENTRY = re.compile(rb"gridkey1 [0-9a-f]{16} (\w+) (\d+)\n")
UNFINISHED = {"request", "response"}


def is_record(name):
    """Whether a file of this name is a record."""
    return NAME.fullmatch(name) is not None


def is_temporary(name):
    """Whether a file of this name is a lock or becomes a destination, and must not stay."""
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
