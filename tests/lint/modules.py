"""modules.py BINARY MAP: what of gridkey's file comes from where, in bytes, from the linker's map."""

import os
import re
import sys

MODULES = ["base", "store", "tls", "http", "edgegrid", "iam", "cli", "BearSSL", "cJSON", "libc", "roots"]
SECTION = re.compile(r"^ (\.\S+|COMMON)(?:\s+0x([0-9a-f]+)\s+0x([0-9a-f]+) (\S.*))?$")
REST = re.compile(r"^\s+0x([0-9a-f]+)\s+0x([0-9a-f]+) (\S.*)$")
OUTPUT = re.compile(r"^(\.\S+)")
IN_THE_FILE = re.compile(r"^\.(init|fini|text|rodata|srodata|eh_frame|(init|fini)_array|s?data|got|toc|branch_lt|opd|MIPS|ARM|note)")


def module_of(path):
    if found := re.search(r"/release/src/(\w+)/", path):
        return found[1]
    if "/release/bearssl/" in path:
        return "BearSSL"
    if "/release/cjson/" in path:
        return "cJSON"
    if path.endswith("/release/src/main.o"):
        return "cli"
    if path.endswith("/release/roots.o"):
        return "roots"
    return "libc"


def inputs(text):
    """(output section, input section, size, object file) of everything that the linker placed."""
    output = pending = None
    for line in text.split("Linker script and memory map", 1)[1].splitlines():
        if found := OUTPUT.match(line):
            output, pending = found[1], None
        elif found := SECTION.match(line):
            pending = found[1]
            if found[2]:
                yield output, pending, int(found[3], 16), found[4]
        elif pending and (found := REST.match(line)):
            yield output, pending, int(found[2], 16), found[3]
            pending = None


def main(binary, map_path):
    sums = {module: {"code": 0, "constants": 0} for module in MODULES}
    for output, section, size, path in inputs(open(map_path, encoding="utf-8").read()):
        if output and IN_THE_FILE.match(output):
            kind = "code" if re.match(r"\.(text|init|fini)\b", section) else "constants"
            sums[module_of(path)][kind] += size
    print("| | code | constants |")
    print("|---|---:|---:|")
    for module, row in sums.items():
        print(f"| {module} | {row['code']:,} | {row['constants']:,} |")
    code, constants = (sum(row[kind] for row in sums.values()) for kind in ("code", "constants"))
    print(f"| **all** | **{code:,}** | **{constants:,}** |")
    size = os.path.getsize(binary)
    print(f"\nHeaders, addresses and padding: {size - code - constants:,} bytes of {size:,}.")


main(*sys.argv[1:])
