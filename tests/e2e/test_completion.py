"""`gridkey completion`: the scripts in the shells themselves.

What is offered is asked for by each shell's own means for every command of the binary; and a person types and presses
TAB on a terminal, in bash and zsh. What is expected comes from the binary's own help.
"""

import os
import pty
import re
import select
import subprocess
import time

import pytest
from conftest import thorough
from test_usage import OPTION, commands  # noqa: F401

SHELLS = ["bash", pytest.param("zsh", marks=thorough), pytest.param("fish", marks=thorough)]
EDGERC = "[default]\nhost = akab-x.luna.akamaiapis.net\n[two words]\nhost = h\n[$(touch bad)]\n[a:b]\n[edge]\n"
FILE = "FILE"

# Each reads lines, and prints what is offered at their ends, a word each line, and == behind.
ASK = {
    "bash": r"""
        source "$1"
        compopt() { [[ "$*" == '-o default' ]] && echo FILE; }
        while IFS= read -r COMP_LINE; do
            read -ra COMP_WORDS <<<"$COMP_LINE"
            [[ $COMP_LINE == *' ' ]] && COMP_WORDS+=('')
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMP_POINT=${#COMP_LINE} COMPREPLY=()
            _gridkey
            ((${#COMPREPLY[@]})) && printf '%s\n' "${COMPREPLY[@]}"
            echo ==
        done""",
    "zsh": r"""
        compdef() { : }
        source "$1"
        _files() { print FILE }
        compset() { : }
        _describe() { local name; for name in ${(P)4}; do
            name=${${name//\\:/$'\1'}%%:*}; name=${name//$'\1'/:}
            [[ $name == $PREFIX* ]] && print -r -- $name; done }
        while IFS= read -r line; do
            words=(${=line}) && [[ $line == *' ' ]] && words+=('')
            CURRENT=$#words PREFIX=$words[-1]
            _gridkey
            print -r -- '=='
        done""",
    "fish": r"""
        source $argv[1]
        while read -l line
            complete -C "$line" | string replace -r '\t.*' ''
            echo ==
        end""",
}
RUN = {"bash": ["bash", "--norc", "-c"], "zsh": ["zsh", "-f", "-c"], "fish": ["fish", "--no-config", "-c"]}


@pytest.fixture
def script(gridkey, home):
    """script(SHELL): the path of its script. In HOME there is also an .edgerc, and a file to be found."""
    (home / ".edgerc").write_text(EDGERC)
    (home / "some-file").touch()

    def write(shell):
        result = gridkey("completion", shell)
        assert (result.status, result.err) == (0, ""), result
        path = home / f"completion.{shell}"
        path.write_text(result.out)
        return path

    return write


def environment(gridkey):
    path = f"{gridkey.binary.parent}:{os.environ['PATH']}"
    return {"PATH": path, "HOME": str(gridkey.home), "TERM": "vt100", "LC_ALL": "C.UTF-8"}


@pytest.fixture(params=SHELLS)
def offered(request, gridkey, script):
    """offered(LINE...): for each line the set of what the shell offers at its end; offered.shell is its name."""
    shell = request.param
    path = script(shell)

    def ask(*lines):
        arguments = ["x", str(path)] if shell != "fish" else [str(path)]
        result = subprocess.run(
            [*RUN[shell], ASK[shell], *arguments],
            input="".join(line + "\n" for line in lines),
            env=environment(gridkey),
            cwd=gridkey.home,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert result.stderr == "", result.stderr
        *answers, rest = result.stdout.split("==\n")
        assert len(answers) == len(lines) and rest == ""
        return [set(answer.splitlines()) for answer in answers]

    ask.shell = shell
    return ask


def options_of(gridkey, *words):
    shown = OPTION.findall(gridkey(*words, "--help").out)
    return {f"--{name}": value.strip() for _, name, value in shown} | {
        f"-{letter}": value.strip() for letter, _, value in shown if letter
    }


def test_nouns_and_verbs(offered, commands):  # noqa: F811
    nouns = {words[0] for words in commands}
    verbs = {noun: {words[1] for words in commands if words[0] == noun and words[1:]} for noun in nouns}
    several = sorted(noun for noun in nouns if verbs[noun])
    answers = offered("gridkey ", "gridkey --section x --timeout=5 ", *(f"gridkey -v {noun} " for noun in several))
    assert answers == [nouns, nouns, *(verbs[noun] for noun in several)]
    assert offered("gridkey cred", "gridkey client cr", "gridkey nothing ", "gridkey nothing cr")[:2] == [
        {"credential"},
        {"create"},
    ]


@thorough
def test_the_options_of_every_command(offered, gridkey, commands):  # noqa: F811
    answers = offered(*(f"gridkey {' '.join(words)} -" for words in commands))
    for words, answer in zip(commands, answers):
        assert answer == set(options_of(gridkey, *words)), (offered.shell, words)


@pytest.mark.parametrize("everywhere", [False, pytest.param(True, marks=thorough)])
def test_the_values_of_every_option(offered, gridkey, commands, everywhere):  # noqa: F811
    """Files where help says FILE; one of those that help names; sections for --section; else nothing.

    Behind one command that has the option, or behind each.
    """
    asked, expected, seen = [], [], set()
    for words in commands:
        for name, value in options_of(gridkey, *words).items():
            if not value or (not everywhere and (name, value) in seen):
                continue
            seen.add((name, value))
            asked.append(f"gridkey {' '.join(words)} {name} ")
            if "FILE" in value:
                expected.append(FILE)
            elif name == "--section":
                expected.append({"edge"})
                asked[-1] += "edge"
            elif value == "CLIENT|USER_CLIENT":
                expected.append({"CLIENT", "USER_CLIENT"})
            else:
                expected.append({part for part in value.split("|") if "|" in value and re.fullmatch("[a-z0-9-]+", part)})
    assert {"json", "env", "edgerc", "k8s-secret"} in expected and {"system", "server"} in expected
    for line, answer, wanted in zip(asked, offered(*asked), expected):
        if wanted == FILE:
            assert FILE in answer or "some-file" in answer, (offered.shell, line, answer)
        else:
            assert answer == wanted, (offered.shell, line)


def test_arguments(offered):
    file, nothing = "some-file" if offered.shell == "fish" else FILE, set()
    answers = offered(
        "gridkey lookup ",
        "gridkey lookup --user x c",
        "gridkey completion ",
        "gridkey client show ",
        "gridkey edgerc import ",
        "gridkey edgerc import some-file ed",
        "gridkey --edgerc none edgerc show ",
        "gridkey edgerc show -- ed",
        "gridkey edgerc show -- -",
        "gridkey edgerc --edgerc - show ",
        "gridkey client list --match show ",
        "gridkey edgerc rename edge ",
    )
    assert file in answers.pop(4)
    options = answers.pop(-2)
    assert "--match" in options and "--section" in options
    assert answers == [
        {"apis", "groups", "cpcodes", "users", "accounts", "roles"},
        {"cpcodes"},
        {"bash", "zsh", "fish"},
        nothing,
        {"edge"},
        nothing,
        {"edge"},
        nothing,
        nothing,
        nothing,
    ]


def test_sections_that_are_odd(offered, home):
    """They are offered as the shell needs them typed, and nothing in them is carried out."""
    [answer] = offered("gridkey edgerc show ")
    typed = {"two\\ words", "\\$\\(touch\\ bad\\)"} if offered.shell == "bash" else {"two words", "$(touch bad)"}
    assert answer == {"default", "edge", "a:b"} | typed
    assert not (home / "bad").exists()


@pytest.mark.parametrize("shell", SHELLS)
def test_loaded_without_a_word(gridkey, script, shell):
    path = script(shell)
    prepare = "autoload -Uz compinit && compinit -u -D && " if shell == "zsh" else ""
    load = {"fish": f"gridkey completion fish | source; source {path}"}.get(
        shell, f'{prepare}eval "$(gridkey completion {shell})" && source {path}'
    )
    strict = {"bash": "set -u; ", "zsh": "setopt warn_create_global; "}.get(shell, "")
    result = subprocess.run(
        [*RUN[shell], strict + load], env=environment(gridkey), capture_output=True, text=True, timeout=60
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_another_shell(gridkey):
    result = gridkey("completion", "csh")
    assert (result.status, result.out) == (2, "") and "bash, zsh or fish" in result.err
    assert "\n  completion bash|zsh|fish" in gridkey("--help").out


class Terminal:
    """A shell on a terminal."""

    def __init__(self, command, env, cwd):
        self.seen = ""
        process, self.master = pty.fork()
        if process == 0:
            os.chdir(cwd)
            os.execvpe(command[0], command, env)
        self.process = process

    def write(self, text):
        os.write(self.master, text.encode())

    def wait(self, pattern):
        """Reads until the pattern comes."""
        end = time.monotonic() + 60
        while not (found := re.search(pattern, self.seen)):
            ready, _, _ = select.select([self.master], [], [], max(0, end - time.monotonic()))
            assert ready, f"no {pattern} in {self.seen}"
            self.seen += os.read(self.master, 4096).decode(errors="replace")
        self.seen = self.seen[found.end() :]
        return found

    def completed(self, line):
        """The line as it is after TAB: it is made an argument of printf, which prints it."""
        quote = "'" if '"' in line else '"'
        self.write(line + "\t" + "\x01printf 'LINE<%s>\\n' " + quote + "\x05" + quote + "\r")
        return self.wait("LINE<(gridkey[^>]*)>").group(1).rstrip(" ")

    def end(self):
        os.close(self.master)
        os.waitpid(self.process, 0)


@pytest.fixture(params=SHELLS[:2])
def terminal(request, gridkey, script):
    command, prepare = {
        "bash": (["bash", "--norc", "--noprofile", "-i"], "bind 'set enable-bracketed-paste off'; "),
        "zsh": (["zsh", "-f", "-i"], "bindkey -e; autoload -Uz compinit; compinit -u -D; "),
    }[request.param]
    it = Terminal(command, environment(gridkey), gridkey.home)
    it.write(f"{prepare}source {script(request.param)}; echo rea''dy\r")
    it.wait("ready\r\n")
    yield it
    it.end()


TYPED = {
    "gridkey cl": "gridkey client",
    "gridkey --proxy http://a:b@host:3128 credential rot": "gridkey --proxy http://a:b@host:3128 credential rotate",
    "gridkey client create --notify a@example.com --al": "gridkey client create --notify a@example.com --all",
    "gridkey client create --notify a@example.com --all-": "gridkey client create --notify a@example.com --all-apis",
    "gridkey credential create x --format=k8": "gridkey credential create x --format=k8s-secret",
    "gridkey client create --type=U": "gridkey client create --type=USER_CLIENT",
    "gridkey verify --section ed": "gridkey verify --section edge",
    "gridkey verify --section=ed": "gridkey verify --section=edge",
    "gridkey client create --save some-": "gridkey client create --save some-file",
    "gridkey client create --save=some-": "gridkey client create --save=some-file",
    "gridkey request POST /ccu/v3 -d @some-": "gridkey request POST /ccu/v3 -d @some-file",
    "gridkey request POST /ccu/v3 --data=@some-": "gridkey request POST /ccu/v3 --data=@some-file",
}


QUOTED = {
    "gridkey edgerc show two\\ wo": "gridkey edgerc show two\\ words",
    "gridkey edgerc show --section=two\\ wo": "gridkey edgerc show --section=two\\ words",
    "gridkey edgerc show 'two wo": "gridkey edgerc show 'two words'",
    'gridkey edgerc show "two wo': 'gridkey edgerc show "two words"',
    'gridkey edgerc show "$(touch bad)" --js': 'gridkey edgerc show "$(touch bad)" --json',
    'gridkey --edgerc "my file" edgerc show oth': 'gridkey --edgerc "my file" edgerc show other',
    "gridkey --edgerc 'my file' edgerc show oth": "gridkey --edgerc 'my file' edgerc show other",
    "gridkey --edgerc=my\\ file edgerc show oth": "gridkey --edgerc=my\\ file edgerc show other",
    "gridkey --edgerc 'my file' edgerc sh": "gridkey --edgerc 'my file' edgerc show",
    'gridkey --edgerc "my \\"fi\\"le" edgerc show thi': 'gridkey --edgerc "my \\"fi\\"le" edgerc show third',
}


def test_typed_with_quotes(terminal, home):
    (home / "my file").write_text("[other]\n")
    (home / 'my "fi"le').write_text("[third]\n")
    for line, wanted in QUOTED.items():
        assert terminal.completed(line) == wanted
    assert not (home / "bad").exists()


def test_typed_on_a_terminal(terminal):
    for line, wanted in TYPED.items():
        assert terminal.completed(line) == wanted
