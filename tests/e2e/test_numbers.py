"""Ids as numbers, limits that are said, and what must not be written back or begun."""

import copy

import pytest
from creating import SMALLEST, create, posts
from managing import EVERYTHING, changes, on_terminal
from other_clients import IAM


def test_ids_are_numbers_everywhere(gk, fake, client):
    assert type(create(gk, *SMALLEST, "--json").json["credentials"][0]["credentialId"]) is int
    made = gk("credential", "create", "edge box", "--save-section", "second", "--json").json
    assert type(made["credentialId"]) is int
    rotated = gk("credential", "rotate", "edge box", "--json").json
    assert type(rotated["credentialId"]) is int and type(rotated["oldCredentialId"]) is int
    for row in gk("credential", "list", "edge box", "--json").json + gk("credential", "expiring", "--within", "9999", "--json").json:
        assert type(row["credentialId"]) is int


@pytest.mark.parametrize("many, said", [(99, False), (100, True)])
def test_more_apis_than_a_client_can_use(gk, fake, many, said):
    def edit(apis):
        return [{**copy.deepcopy(apis[0]), "apiId": 1000 + number, "hasAccess": True} for number in range(many)]

    fake.fault(path=IAM + "/users/*/allowed-apis", edit=edit, times=None)
    result = create(gk, "--name", "web", "--all-apis", "--clone-groups")
    assert result.status == 0 and ("100 APIs" in result.err) == said, result


@pytest.mark.parametrize(
    "name, wanted",
    [("Hafen KÖLN", "hafen köln"), ("ΑΘΉΝΑ", "αθήνα"), ("МОСКВА", "москва"), ("Łódź box", "ŁÓDŹ BOX")],
)
def test_names_match_without_case(gk, fake, name, wanted):
    client = fake.add_client(clientName=name)
    assert gk("client", "show", wanted, "--json").json["clientId"] == client["clientId"]
    assert [row["clientId"] for row in gk("client", "list", "--match", wanted, "--json").json] == [client["clientId"]]


REFUSED = {
    "no such section": ["--save-section", "nowhere"],
    "no such file": ["--save", "nothing"],
    "a section of another client": ["--save-section", "default"],
}


@pytest.mark.parametrize("more", REFUSED.values(), ids=REFUSED)
def test_a_dry_run_of_rotate_refuses_what_the_run_refuses(gk, fake, client, more):
    dry = gk("credential", "rotate", "edge box", "--dry-run", *more)
    real = gk("credential", "rotate", "edge box", *more)
    assert dry.status == real.status != 0 and dry.err == real.err, (dry, real)
    assert changes(fake) == []


def test_a_dry_run_of_rotate_that_would_work(gk, fake, client, edgerc):
    before = edgerc.read_bytes()
    result = gk("credential", "rotate", "edge box", "--dry-run")
    assert result.status == 0 and changes(fake) == [] and edgerc.read_bytes() == before
    assert [path.name for path in edgerc.parent.iterdir()] == [edgerc.name]


def test_rotate_offers_what_it_takes(gk):
    text = gk("credential", "rotate", "--help").out
    assert "- is standard output" not in text and "--grace" in text


def test_a_change_by_another_administrator_is_not_undone(gk, fake):
    client = fake.add_client(**copy.deepcopy({**EVERYTHING, "clientName": "busy box"}))

    def meanwhile():
        client["clientDescription"] = "changed by the night shift"

    result = on_terminal(gk, b"y\n", "client", "update", "busy box", "--ip", "203.0.113.9", before=meanwhile)
    assert result.status == 10 and "meanwhile" in result.err and changes(fake) == [], result
    assert client["clientDescription"] == "changed by the night shift"
    result = on_terminal(gk, b"y\n", "client", "update", "busy box", "--ip", "203.0.113.9")
    assert result.status == 0 and len(changes(fake)) == 1, result


@pytest.mark.parametrize("option", ["--proxy", "--connect-to"])
def test_names_with_an_underscore(gk, fake, option):
    url = "http://my_proxy.invalid:3128" if option == "--proxy" else "my_host.invalid:443"
    result = gk("verify", option, url, "--connect-timeout", "3", "--retries", "0")
    assert result.status == 4 and "my_" in result.err and not posts(fake), result
