"""No secret is left in memory when gridkey ends, whichever way it ends: the whole memory image is searched.

The secret that is searched for is also known to have been there: it is in the file, or in the answer.
"""

import os

import memory_image
import pytest
from managing import credential_in

PIECE = 16  # of a secret's 44 letters: what is left of it would be as bad

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="the memory of another process: needs root")


def traces(image, secret):
    pieces = [secret[at : at + PIECE].encode() for at in range(0, len(secret) - PIECE, 4)]
    return [name for name, content in image for piece in pieces if piece in content]


@pytest.fixture
def look(gk, fake, edgerc, tmp_path):
    """look(words...) runs gridkey and gives its exit status and memory image."""

    def run(*words, stdin=b""):
        (tmp_path / "in").write_bytes(stdin)
        command = [gk.binary, *gk.options, *words]
        with open(tmp_path / "in") as given, open(tmp_path / "out", "w+") as out, open(tmp_path / "err", "w+") as err:
            status, image = memory_image.run(command, gk.environment(), given, out, err)
            assert sum(len(content) for _, content in image) > 200_000
        return status, image, (tmp_path / "out").read_text() + (tmp_path / "err").read_text()

    return run


@needs_root
def test_the_search_can_find(look, edgerc):
    _, image, _ = look("--section", "no-such-section-of-any-file", "verify")
    assert traces(image, "no-such-section-of-any-file")


@needs_root
@pytest.mark.parametrize(
    "words, status",
    [
        (["verify"], 0),
        (["client", "list"], 0),
        (["-v", "client", "list"], 0),
        (["client", "show", "nobody"], 7),
        (["request", "GET", "/nowhere"], 7),
        (["sign", "GET", "https://host.example/"], 0),
        (["edgerc", "list"], 0),
        (["edgerc", "check"], 0),
        (["edgerc", "show", "default"], 0),
        (["edgerc", "rename", "default", "other", "--yes"], 0),
        (["edgerc", "set", "default", "max_body=1"], 0),
        (["--section", "absent", "verify"], 3),
        (["--proxy", "http://127.0.0.1:1", "verify"], 4),
        (["client", "create"], 2),
    ],
)
def test_the_credential_that_signs(look, fake, edgerc, words, status):
    secret = credential_in(fake, edgerc, "default")["clientSecret"]
    ended, image, said = look(*words)
    assert ended == status, said
    assert not traces(image, secret)


@needs_root
@pytest.mark.parametrize("words", [["client", "create", "--name", "box", "--clone-groups", "--api", "/papi=rw"],
                                   ["credential", "create", "self", "--save-section", "box"],
                                   ["credential", "rotate", "self"]])
def test_the_credential_that_is_made(look, fake, edgerc, words):
    old = credential_in(fake, edgerc, "default")["clientSecret"]
    ended, image, said = look(*words)
    assert ended == 0, said
    made = credential_in(fake, edgerc, "default" if "rotate" in words else "box")["clientSecret"]
    assert made != old
    assert not traces(image, made) and not traces(image, old)


@needs_root
@pytest.mark.parametrize("answer", ["{", "{}", "cut"])
def test_a_credential_whose_answer_cannot_be_used(look, fake, edgerc, answer):
    secret = credential_in(fake, edgerc, "default")["clientSecret"]
    ended, image, said = look("edgerc", "set", "default", "client_secret=-", "--yes", stdin=(secret[::-1] + answer).encode())
    assert not traces(image, secret) and not traces(image, secret[::-1]), said
    assert ended in (0, 2, 3), said
