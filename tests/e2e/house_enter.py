"""house_enter.py PLAN: become gridkey in an empty root directory; see house.py.

Makes a mount namespace of its own in which that root is read-only, changes its root and its user, and closes
descriptors. Who is not root does the same in a user namespace.
"""

import ctypes
import json
import os
import resource
import sys
from pathlib import Path

UID = 4711  # has no name anywhere
NEW_MOUNTS, NEW_USERS = 0x20000, 0x10000000  # of unshare(2)
READ_ONLY, REMOUNT, BIND, RECURSIVE, PRIVATE = 1, 32, 4096, 16384, 1 << 18  # of mount(2)
IMPOSSIBLE = 99  # the status of this program when it may not do what it has to


def check(libc, call, *arguments):
    if getattr(libc, call)(*arguments) != 0:
        raise OSError(ctypes.get_errno(), f"{call}: {os.strerror(ctypes.get_errno())}")


def enter(plan):
    """Into the house; what is behind it cannot be reached any more."""
    libc = ctypes.CDLL(None, use_errno=True)
    root, me, group = plan["root"].encode(), os.geteuid(), os.getegid()
    check(libc, "unshare", NEW_MOUNTS | (0 if me == 0 else NEW_USERS))
    if me != 0:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{UID} {me} 1")
        Path("/proc/self/gid_map").write_text(f"{UID} {group} 1")
    check(libc, "mount", b"none", b"/", None, RECURSIVE | PRIVATE, None)
    if not plan["writable"]:
        check(libc, "mount", root, root, None, BIND, None)
        check(libc, "mount", root + b"/out", root + b"/out", None, BIND, None)
        check(libc, "mount", root, root, None, BIND | REMOUNT | READ_ONLY, None)
    os.chroot(root)
    os.chdir("/")
    if me == 0:
        os.setgroups([])
        os.setresgid(UID, UID, UID)
        os.setresuid(UID, UID, UID)
    if plan["processes"] is not None:
        resource.setrlimit(resource.RLIMIT_NPROC, (plan["processes"],) * 2)


def main():
    plan = json.loads(sys.argv[1])
    try:
        enter(plan)
    except OSError as error:
        print(f"no empty root for the test: {error}", file=sys.stderr)
        sys.exit(IMPOSSIBLE)
    for descriptor in plan["closed"]:
        os.close(descriptor)
    os.execve("/gridkey", plan["arguments"], plan["env"])


if __name__ == "__main__":
    main()
