"""How much of the disk a program takes: what one run of it opens, and what is installed for that.

opened      the regular files that a run executes or opens, by strace: no image can hold less
installed   the Debian packages that own one of them, as installed (Installed-Size), the whole node_modules, and
            what no package owns as it is. Packages that every Debian has (Essential: shell, coreutils, ...) are
            left out, the C library is not.
"""

import os
import re
import stat
import subprocess

_OPENED = re.compile(r'(?:execve|open|openat)\((?:AT_FDCWD, )?"([^"]+)".*\) = \d+$')


def opened_files(command, env, apart_from):
    """Real paths of the regular files that a run executes or opens, but for those below `apart_from`."""
    trace = os.path.join(apart_from, "trace")
    words = ["strace", "-f", "-z", "-s", "4096", "-e", "trace=execve,open,openat", "-o", trace, *command]
    subprocess.run(words, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
    found = set()
    with open(trace, encoding="utf-8", errors="replace") as file:
        for line in file:
            match = _OPENED.search(line.rstrip())
            path = os.path.realpath(match.group(1)) if match else "/"
            if not path.startswith((apart_from + "/", "/proc/", "/sys/", "/dev/")) and is_file(path):
                found.add(path)
    return found


def is_file(path):
    return os.path.exists(path) and stat.S_ISREG(os.stat(path).st_mode)


def size(paths):
    return sum(os.stat(path).st_size for path in paths)


def tree(folder):
    return [os.path.join(where, name) for where, _, names in os.walk(folder) for name in names]


def owners(paths):
    """{path: package} for those that a Debian package owns. Before /usr was merged some were listed as /lib/..."""
    names = {}
    for path in paths:
        names[path] = path
        names[path.removeprefix("/usr")] = path
    done = subprocess.run(["dpkg-query", "-S", *names], capture_output=True, text=True, check=False)
    found = {}
    for line in done.stdout.splitlines():
        packages, _, path = line.partition(": ")
        if path in names and not packages.startswith("diversion "):
            found[names[path]] = packages.split(",")[0]
    return found


def installed_size(packages):
    if not packages:
        return 0
    form = "${Essential} ${Installed-Size}\n"
    done = subprocess.run(["dpkg-query", "-W", "-f", form, *packages], capture_output=True, text=True, check=True)
    rows = (line.split() for line in done.stdout.splitlines())
    return sum(int(row[-1]) * 1024 for row in rows if row[0] != "yes")


def on_disk(command, env, apart_from, node_modules):
    """(bytes installed, bytes opened)."""
    files = opened_files(command, env, apart_from)
    found = owners(files)
    modules = str(node_modules) + "/"
    rest = {path for path in files if path not in found}
    if any(path.startswith(modules) for path in rest):
        rest = {path for path in rest if not path.startswith(modules)} | set(filter(is_file, tree(modules)))
    return installed_size(sorted(set(found.values()))) + size(rest), size(files)
