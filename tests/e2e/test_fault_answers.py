"""The server's answer is cut at every byte, split there, stalled there, reset, given twice, or given early.

What came whole is stored, and what did not is explained. See faultline.py.
"""

import pytest
from fault_scenarios import SCENARIOS, Create, CreateInTwo, CredentialCreate, RecoverBare, RecoverLost, RecoverRotation, Rotate
from faultline import Point, loop

from fake.delivery import render
from fake.faults import Fault

MAKERS = [Create, CredentialCreate, Rotate]  # one for each kind of answer that has a secret in it
CALLERS = [kind for kind in SCENARIOS if kind.makes is not None]
ASKERS = [*CALLERS, RecoverBare, RecoverLost, RecoverRotation]
PAUSE = 1  # seconds without a byte, after which gridkey gives up


def options_of(point):
    """What the fake is told to do to the answer, whose byte is point.more."""
    return {
        "cut": {"cut_after": point.more},
        "goodbye": {"cut_after": point.more, "end": "close_notify"},
        "reset": {"cut_after": point.more, "end": "rst"},
        "stall": {"stall_after": point.more},
        "split": {"record_size": [point.more, 65536]},
        "crumbs": {"record_size": point.more},
        "twice": {"twice": True, "cut_after": point.more},
    }[point.what]


class Answers:
    """The requests of the undisturbed run, and how long their answers are on the wire."""

    def __init__(self, world, kind):
        self.lengths, self.heads, self.posts = [], [], []
        with kind(world) as case:
            real = case.fake.answer

            def measure(record, fault):
                answer = real(record, fault)
                head, body = render(answer, Fault(), record["method"], case.fake.now(), False)
                if record["method"] == "POST" and answer.status == 201 and b"clientSecret" in answer.body:
                    self.posts.append(len(self.lengths))
                self.heads.append(len(head))
                self.lengths.append(len(head) + len(body))
                return answer

            case.fake.answer = measure
            result = case.run()
            assert result.returncode == 0, result
        assert len(self.posts) == (kind.makes is not None)

    @property
    def post(self):
        """The number of the request that makes the secret, or None."""
        return self.posts[0] if self.posts else None

    @property
    def whole(self):
        return self.lengths[self.post]


@pytest.fixture(scope="session")
def answers(world):
    """answers(kind): its Answers, measured once."""
    measured = {}

    def find(kind):
        if kind not in measured:
            measured[kind] = Answers(world, kind)
        return measured[kind]

    return find


def try_point(world, point, whole, options=()):
    """One run; `whole`: the answer comes to its last byte."""
    with point.kind(world) as case:
        rule = case.fake.fault(skip=point.number, **options_of(point))
        result = case.run(options=options)
        assert rule.used == 1, f"the fault did not strike: {result}"
        case.check(result, may_lose=not whole)
        if whole or result.returncode == 0:  # what was cut may hold all of the credential
            assert result.returncode == 0, f"what came whole was not stored: {result}"
            assert case.edgerc.read_bytes() == world.reference(point.kind).content
        else:
            assert result.returncode == 5 and case.edgerc.read_bytes() == case.before, result
            assert "request" in [kind for kind, _ in case.records()] and str(case.operations) in result.stderr
        case.fake.clear_faults()
        case.follow_up(result, may_lose=not whole)


@pytest.mark.parametrize("what", ["cut", "goodbye", "reset"])
def test_cut_at_every_byte(world, answers, what):
    points = [
        Point(kind, what, answers(kind).post, at) for kind in MAKERS for at in range(answers(kind).whole + 1)
    ]
    points = points if what == "cut" else points[::4]  # the parser's state is the same for each way to end
    loop(what, points, lambda point: try_point(world, point, point.more == answers(point.kind).whole), 8)


def test_stalled_at_every_byte(world, answers):
    points = [Point(kind, "stall", answers(kind).post, at) for kind in MAKERS for at in range(answers(kind).whole)]

    def attempt(point):
        try_point(world, point, False, ["--timeout", PAUSE])

    loop("stall", points, attempt, 6, workers=24)


def test_split_at_every_byte(world, answers):
    points = [Point(kind, "split", answers(kind).post, at) for kind in MAKERS for at in range(1, answers(kind).whole)]
    points += [Point(kind, "crumbs", answers(kind).post, size) for kind in MAKERS for size in (1, 2, 3, 7, 100)]
    loop("split", points, lambda point: try_point(world, point, True), 8)


def test_answered_twice(world, answers):
    """The second answer comes behind the first, whole or in part: nobody asked for it."""
    points = [
        Point(kind, "twice", answers(kind).post, at)
        for kind in MAKERS
        for at in range(answers(kind).whole, 2 * answers(kind).whole + 1, 4)
    ]
    loop("twice", points, lambda point: try_point(world, point, True), 6)


# -- the other answers ----------------------------------------------------------------------------------------------


def test_the_other_answers(world, answers):
    """Not those that carry the secret: nothing is lost, and what may be asked again is asked again."""
    points = []
    for kind in ASKERS:
        facts = answers(kind)
        for request, (head, length) in enumerate(zip(facts.heads, facts.lengths)):
            places = {1, 12, head - 1, head, head + 1, (head + length) // 2, length - 1}
            for what in ("cut", "reset", "split", "twice") if request != facts.post else ():
                points += [Point(kind, what, request, at) for at in sorted(places) if at < length]

    def attempt(point):
        with point.kind(world) as case:
            rule = case.fake.fault(skip=point.number, **options_of(point))
            result = case.run()
            assert rule.used == 1, result
            case.check(result)
            case.fake.clear_faults()
            case.follow_up(result)

    loop("other answers", points, attempt, 5)


# -- early ----------------------------------------------------------------------------------------------------------


def test_answered_early(world, answers):
    """The answer comes before the request's body was read: what it holds is stored like any other."""
    statuses = {201: 0, 400: 1, 403: 6, 500: 8, 503: 8}
    points = [Point(kind, "early", answers(kind).post, status) for kind in CALLERS for status in statuses]

    def attempt(point):
        with point.kind(world) as case:
            body, secret = early_answer(case)
            if point.more != 201:
                body = {"title": "Too early", "status": point.more}
            case.fake.fault(skip=point.number, early=True, status=point.more, body=body)
            result = case.run()
            case.check_words(result)
            if point.more == 201:
                assert secret in case.kept(result), result
            else:
                # Once the client is there, no status may say that nothing was made.
                expected = 5 if point.kind is CreateInTwo else statuses[point.more]
                assert result.returncode == expected, result
                assert case.edgerc.read_bytes() == case.before

    loop("early", points, attempt, len(statuses))


def early_answer(case):
    """What the API would answer, about a credential that is there already; and its secret."""
    client = getattr(case, "client", None) or case.fake.add_client(clientName="early")
    credential = case.fake.add_credential(client["clientId"])
    names = ("clientSecret", "clientToken", "credentialId", "createdOn", "expiresOn", "status", "description")
    body = {name: credential[name] for name in names}
    if not case.makes.endswith("/credentials"):
        shown = {name: client[name] for name in ("clientId", "clientName", "accessToken")}
        body = {**shown, "baseURL": f"https://{client['host']}", "credentials": [body]}
    return body, credential["clientSecret"]
