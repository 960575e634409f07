"""messages.py FILE...: every text of at least three words in these C files, sorted, with its place.

For a reader to go through once: messages, notices, questions, help. Literals that the compiler joins are one text.
"""

import re
import sys

TOKEN = re.compile(r"""/\*.*?\*/ | //[^\n]* | '(?:\\.|[^'\\])+' | (?P<text>"(?:\\.|[^"\\\n])*") | (?P<space>\s+) | .""", re.X | re.S)


def texts(source):
    """(line, text) of each literal or run of adjacent ones; macros between them, as PRIu64, end a run."""
    line, begun, parts = 1, 0, []
    for match in TOKEN.finditer(source):
        if match["text"]:
            begun = begun if parts else line
            parts.append(match["text"][1:-1])
        elif parts and not match["space"] and not match[0].startswith("/*"):
            yield begun, "".join(parts)
            parts = []
        line += match[0].count("\n")


def main():
    found = set()
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as file:
            found.update((text, path, line) for line, text in texts(file.read()) if len(text.split()) >= 3)
    for text, path, line in sorted(found, key=lambda entry: (entry[0].lower(), entry)):
        print(f"{text}\n    {path}:{line}")


if __name__ == "__main__":
    main()
