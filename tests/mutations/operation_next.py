"""Takes one rule after the other out of operation_next, and sees that the walk of all states notices each.

A rule is an `if` or a case of its own, an operand of && or ||, or a choice of ?:. Rows that follow each other are
swapped as well; when neither the walk nor the table (test_operation_next) notices that, they exclude each other.
"""

import itertools
import re
import subprocess
import sys
from pathlib import Path

SOURCE = Path("src/iam/operation_next.c")
WALK, TABLE = "test_operation_explorer", "test_operation_next"
SWAPPED = "after the next"


def matching(text, start):
    """Where the parenthesis at start is closed."""
    depth = 0
    for at in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0:
            return at
    raise ValueError(text[start : start + 40])


def operands(text, first, last):
    """(start, end, operator) of the operands of the && or || of lowest rank in text[first:last], and within them."""
    cuts, depth = [], 0
    for at in range(first, last - 1):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0 and text[at : at + 2] in ("&&", "||"):
            cuts.append((at, text[at : at + 2]))
    rank = "||" if any(operator == "||" for _, operator in cuts) else "&&"
    bounds = [first - 2] + [at for at, operator in cuts if operator == rank] + [last]
    for one, other in itertools.pairwise(bounds):
        start, end = one + 2, other
        if len(bounds) > 2:
            yield start, end, rank
            yield from operands(text, start, end)
        elif "(" in text[start:end]:
            inner = text.index("(", start, end)
            if text[start:inner].strip() in ("", "!"):
                yield from operands(text, inner + 1, matching(text, inner))


def mutations(text):
    """(what is done, the text it gives)"""
    line = lambda at: text.count("\n", 0, at) + 1  # noqa: E731

    def with_(start, end, new, what):
        return f"{SOURCE}:{line(start)}: {what}: {' '.join(text[start:end].split())}", text[:start] + new + text[end:]

    for match in re.finditer(r"\b(?:if|return) ?\(|\breturn ", text):
        opened = text.index("(", match.start()) if match[0].startswith("if") else None
        if opened is not None:
            closed = matching(text, opened)
            yield with_(opened + 1, closed, "false", "never")
            spans = operands(text, opened + 1, closed)
        else:
            closed = text.index(";", match.end())
            question = text.find("?", match.end(), closed)
            if question < 0:
                continue
            for choice in re.finditer(r"([^?:;]+)\?", text[match.end() : closed]):
                start = match.end() + choice.start(1)
                yield with_(start, start + len(choice[1]), " true ", "always")
                yield with_(start, start + len(choice[1]), " false ", "never")
            spans = operands(text, match.end(), question)
        for start, end, operator in spans:
            yield with_(start, end, " true " if operator == "&&" else " false ", "without")
    for match in re.finditer(r"    case \w+:\n((?:        .*\n)+)", text):  # goes on to the next case
        if match[1].strip() == "break;":
            continue  # where nothing follows but the end
        yield with_(match.start(1), match.end(1), "        __attribute__((fallthrough));\n", "without")
    row = re.compile(r"    if \([^{;]*\) \{(?:[^{}]|\{[^{}]*\})*\n    \}\n", re.S)
    rows = list(row.finditer(text))
    for one, other in itertools.pairwise(rows):
        if one.end() == other.start():
            yield (
                f"{SOURCE}:{line(one.start())}: {SWAPPED}: {' '.join(one[0].split())}",
                text[: one.start()] + other[0] + one[0] + text[other.end() :],
            )


def build(build_folder, compiler):
    """Compiles the two tests once, and links each with a decision."""
    objects = {}
    for test in (WALK, TABLE):
        objects[test] = build_folder / f"{test}.o"
        command = [*compiler, "-O2", "-Isrc", "-c", f"tests/unit/{test}.c", "-o", objects[test]]
        subprocess.run(command, check=True)
    return objects


def notices(test, build_folder, compiler, objects, text):
    """Whether a test fails with this text as the decision; None when that is no program."""
    source, program = build_folder / "operation_next.c", build_folder / "test"
    source.write_text(text)
    command = [*compiler, "-w", "-O1", "-Isrc", source, objects[test], "-lcmocka", "-o", program]
    if subprocess.run(command, check=False, capture_output=True).returncode != 0:
        return None
    try:
        return subprocess.run([program], check=False, capture_output=True, timeout=120).returncode != 0
    except subprocess.TimeoutExpired:
        return True


def main(build_folder, *compiler):
    build_folder = Path(build_folder) / "mutations"
    build_folder.mkdir(parents=True, exist_ok=True)
    objects = build(build_folder, compiler)
    text = SOURCE.read_text()
    if any(notices(test, build_folder, compiler, objects, text) is not False for test in objects):
        sys.exit("operation_next as it is does not pass")
    removed, swapped, missed = 0, 0, 0
    for what, mutated in mutations(text):
        noticed = notices(WALK, build_folder, compiler, objects, mutated)
        if noticed is None:
            sys.exit(f"{what}: cannot be compiled")
        if SWAPPED in what:
            swapped += 1
            if not noticed and notices(TABLE, build_folder, compiler, objects, mutated):
                print(f"{what}: noticed by the table alone")
        else:
            removed += 1
            if not noticed:
                missed += 1
                print(f"{what}: NOT NOTICED")
    print(f"operation_next: {removed} rules taken out, {missed} of them not noticed by the walk; {swapped} rows swapped")
    return missed != 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
