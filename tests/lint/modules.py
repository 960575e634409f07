"""modules.py BINARY MAP DEFLATE: what of gridkey's file comes from where, as the linker's map tells it.

Code and constants are counted as they are in memory; what is packed takes its share of DEFLATE's bytes in the file.
"""

import os
import re
import sys

MODULES = ["base", "store", "tls", "http", "edgegrid", "iam", "cli", "BearSSL", "cJSON", "libc", "roots"]
SECTION = re.compile(r"^ (\.\S+|COMMON)(?:\s+0x([0-9a-f]+)\s+0x([0-9a-f]+) (\S.*))?$")
REST = re.compile(r"^\s+0x([0-9a-f]+)\s+0x([0-9a-f]+) (\S.*)$")
OUTPUT = re.compile(r"^(\.\S+)")
IN_THE_FILE = re.compile(r"^\.(packed|init|fini|text|rodata|srodata|eh_frame|(init|fini)_array|s?data|got|toc|branch_lt|opd|MIPS|ARM|note)")


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
    if re.search(r"/packed-\d\.o$", path):
        return None  # the packed bytes themselves
    return "libc"


def inputs(text):
    """(output section, input section, size, object file) of everything that the file or .packed holds."""
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


def main(binary, map_path, deflate):
    packed_bytes = os.path.getsize(deflate)
    sums = {module: {"code": 0, "constants": 0, "packed": 0, "resident": 0} for module in MODULES}
    for output, section, size, path in inputs(open(map_path, encoding="utf-8").read()):
        module = module_of(path)
        if module is None or not output or not IN_THE_FILE.match(output):
            continue
        kind = "code" if re.match(r"\.(text|init|fini)\b", section) else "constants"
        sums[module][kind] += size
        sums[module]["packed" if output == ".packed" else "resident"] += size
    whole = sum(row["packed"] for row in sums.values())
    ratio = packed_bytes / whole
    print("| | code | constants | of both packed | in the file |")
    print("|---|---:|---:|---:|---:|")
    accounted = 0
    for module in MODULES:
        row = sums[module]
        both, file = row["code"] + row["constants"], round(row["resident"] + row["packed"] * ratio)
        accounted += file
        share = f"{100 * row['packed'] // both} %" if both else ""
        print(f"| {module} | {row['code']:,} | {row['constants']:,} | {share} | {file:,} |")
    size = os.path.getsize(binary)
    print(f"| headers, padding | | | | {size - accounted:,} |")
    total = {kind: sum(row[kind] for row in sums.values()) for kind in ("code", "constants")}
    share = 100 * whole // (total["code"] + total["constants"])
    print(f"| **all** | **{total['code']:,}** | **{total['constants']:,}** | **{share} %** | **{size:,}** |")


main(*sys.argv[1:])
