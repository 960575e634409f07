"""Violations that today's binary is known for: counted and shown, and no failure without --strict.

Each is mended with operation records and the one machine of an operation; then its line here goes.
"""

KNOWN = {
    "refused-after-store": "a step that fails after the credential was stored ends with the status of that step",
    "shared-section-dead": "other sections with the old credential are not updated",
    "moved-section-dead": "a section that was renamed meanwhile keeps a revoked credential",
    "secret-lost-in-framing": "a response whose framing is wrong after a complete body is not kept",
    "clean-ended-used": "recover --clean looks at its own destination alone for what is in use",
    "dry-run-changes": "recover --dry-run removes a journal in which nothing is left",
    "done-without-a-new-one": "a rotation in its time of grace does not look whether the new credential works still",
    "never-finished-of-deleted": "what is pending for a client that was deleted meanwhile stays for ever",
}
