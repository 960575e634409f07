"""The age format (age-encryption.org/v1) by code of its own, in plain Python: for files that age would not write.

Follows the specification at c2sp.org/age, RFC 7748 and RFC 8439; slow, and not for secrets.
"""

import base64
import hashlib
import hmac

PRIME = 2**255 - 19
BASE = (9).to_bytes(32, "little")
CHUNK = 64 * 1024
INTRO = b"age-encryption.org/v1\n"


def x25519(secret, point):
    scalar = int.from_bytes(secret, "little") & ~7 & (2**255 - 1) | 2**254
    x1 = int.from_bytes(point, "little") & (2**255 - 1)
    x2, z2, x3, z3, swap = 1, 0, x1, 1, 0
    for position in range(254, -1, -1):
        bit = scalar >> position & 1
        if swap ^ bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = bit
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb, da, cb = a * a % PRIME, b * b % PRIME, d * a % PRIME, c * b % PRIME
        x3, z3 = (da + cb) ** 2 % PRIME, x1 * (da - cb) ** 2 % PRIME
        x2, z2 = aa * bb % PRIME, (aa - bb) * (aa + 121665 * (aa - bb)) % PRIME
    if swap:
        x2, z2 = x3, z3
    return (x2 * pow(z2, PRIME - 2, PRIME) % PRIME).to_bytes(32, "little")


def hkdf(secret, salt, info):
    extracted = hmac.digest(salt, secret, hashlib.sha256)
    return hmac.digest(extracted, info + b"\1", hashlib.sha256)


def chacha20_block(key, counter, nonce):
    words = [int.from_bytes(part, "little") for part in (b"expa", b"nd 3", b"2-by", b"te k")]
    data = key + counter.to_bytes(4, "little") + nonce
    words += [int.from_bytes(data[at : at + 4], "little") for at in range(0, 48, 4)]
    state = list(words)
    rows = [(0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15)]
    rows += [(0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)]
    for _ in range(10):
        for a, b, c, d in rows:
            for one, other, from_, bits in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
                state[one] = (state[one] + state[other]) & 0xFFFFFFFF
                mixed = state[from_] ^ state[one]
                state[from_] = (mixed << bits | mixed >> (32 - bits)) & 0xFFFFFFFF
    return b"".join(((a + b) & 0xFFFFFFFF).to_bytes(4, "little") for a, b in zip(state, words))


def encrypt(key, nonce, data):
    """ChaCha20-Poly1305 without additional data."""
    stream = b"".join(chacha20_block(key, 1 + block, nonce) for block in range((len(data) + 63) // 64))
    sealed = (int.from_bytes(data, "big") ^ int.from_bytes(stream[: len(data)], "big")).to_bytes(len(data), "big")
    once = chacha20_block(key, 0, nonce)
    factor = int.from_bytes(once[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    text = sealed + b"\0" * (-len(sealed) % 16) + (0).to_bytes(8, "little") + len(sealed).to_bytes(8, "little")
    total = 0
    for at in range(0, len(text), 16):
        total = (total + int.from_bytes(text[at : at + 16] + b"\1", "little")) * factor % (2**130 - 5)
    return sealed + ((total + int.from_bytes(once[16:], "little")) % 2**128).to_bytes(16, "little")


def b64(data):
    return base64.b64encode(data).rstrip(b"=")


ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def unbech32(text):
    """The 32 bytes of a key; its checksum is not looked at."""
    values = [ALPHABET.index(character) for character in text.lower().rsplit("1", 1)[1][:-6]]
    number = 0
    for value in values:
        number = number << 5 | value
    return (number >> (5 * len(values) % 8)).to_bytes(5 * len(values) // 8, "big")


def stanza(words, body):
    """A stanza as a header holds it; the last line of the body has less than 64 characters."""
    text = b64(body)
    lines = [text[at : at + 64] for at in range(0, len(text) + 1, 64)]
    return b"-> " + b" ".join(words) + b"\n" + b"\n".join(lines) + b"\n"


def x25519_stanza(recipient, file_key, secret=b"\7" * 32, share=None, shared=None, more=()):
    share = x25519(secret, BASE) if share is None else share
    shared = x25519(secret, recipient) if shared is None else shared
    key = hkdf(shared, share + recipient, b"age-encryption.org/v1/X25519")
    return stanza([b"X25519", b64(share), *more], encrypt(key, bytes(12), file_key))


def header(stanzas, file_key, intro=INTRO):
    start = intro + b"".join(stanzas) + b"---"
    return start + b" " + b64(hmac.digest(hkdf(file_key, b"", b"header"), start, hashlib.sha256)) + b"\n"


def payload(file_key, chunks, salt=b"\5" * 16, numbers=None, finals=None):
    """Chunks under the nonces of `numbers` (0, 1, ...); `finals` says which are marked as last (the last one)."""
    key = hkdf(file_key, salt, b"payload")
    numbers = range(len(chunks)) if numbers is None else numbers
    finals = [at == len(chunks) - 1 for at in range(len(chunks))] if finals is None else finals
    return salt + b"".join(
        encrypt(key, number.to_bytes(11, "big") + bytes([final]), chunk)
        for number, final, chunk in zip(numbers, finals, chunks)
    )


def armor(data, end=b"\n", width=64):
    text = base64.b64encode(data)
    lines = [text[at : at + width] for at in range(0, len(text), width)]
    lines = [b"-----BEGIN AGE ENCRYPTED FILE-----", *lines, b"-----END AGE ENCRYPTED FILE-----"]
    return b"".join(line + end for line in lines)
