"""What is in the files of a sequence's home directory: sections as raw text and as values."""

import json
import re
from dataclasses import dataclass

HEADER = re.compile(r"^\[([^\]\n]*)\][^\n]*\n?", re.M)
KEYS = ("client_secret", "host", "access_token", "client_token")


@dataclass(frozen=True)
class Section:
    """A section of an .edgerc, or a destination of another format, whose name is then None."""

    file: str
    name: str
    text: str  # raw, header included
    values: tuple  # (key, value)

    def __getitem__(self, key):
        return dict(self.values).get(key)

    @property
    def plain(self):
        """The raw text without the empty lines at its end, which belong to nobody."""
        return self.text.rstrip("\n")


def _values(text):
    found = []
    for line in text.splitlines():
        key, separator, value = line.partition("=")
        if separator and not line.lstrip().startswith(("#", ";")):
            found.append((key.strip(), value.strip()))
    return tuple(found)


def read_edgerc(file, text):
    """(what precedes the first section, [Section])."""
    headers = list(HEADER.finditer(text))
    ends = [match.start() for match in headers[1:]] + [len(text)]
    sections = [
        Section(file, match[1].strip(), text[match.start() : end], _values(text[match.end() : end]))
        for match, end in zip(headers, ends)
    ]
    return text[: headers[0].start()] if headers else text, sections


def read_sections(file, data):
    """The sections of a file's bytes; ValueError where it is torn."""
    text = data.decode()
    if file.endswith(".json"):
        values = json.loads(text)
        return [Section(file, None, text, tuple(values.items()))]
    return read_edgerc(file, text)[1]
