"""Every request body against Akamai's published OpenAPI, where that is at hand.

It is not part of this project: see find_shared.
"""

import copy
import json

import pytest
from conftest import require_shared
from creating import SMALLEST, create
from test_create import FLAGS, GUIDE, PURGE
from test_create_from import NAMES, OVERRIDES, WHOLE

BASE = "/identity-management/v3"
SPECIFICATION = "iam-v3/openapi-api-clients.json"
# What the API lists for newer APIs, though the specification knows two levels only.
NEWER_LEVELS = ["CREDENTIAL-READ-ONLY", "CREDENTIAL-READ-WRITE"]


def merge_alternatives(schema):
    """A copy in which no oneOf is left.

    Those under apiAccess and groupAccess forbid what the specification's own examples hold: each alternative has
    additionalProperties false, and lists only some of the properties.
    """
    if isinstance(schema, list):
        return [merge_alternatives(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    merged = {name: merge_alternatives(value) for name, value in schema.items() if name != "oneOf"}
    for alternative in schema.get("oneOf", []):
        for name, value in merge_alternatives(alternative).get("properties", {}).items():
            merged.setdefault("properties", {}).setdefault(name, value)
    return merged


@pytest.fixture(scope="module")
def specification():
    return json.loads(require_shared(SPECIFICATION).read_text(encoding="utf-8"))


def find_operation(specification, method, path):
    """The operation of a request; a path without variables wins over one with."""
    assert path.startswith(BASE)
    parts = path[len(BASE) :].split("/")
    found = []
    for template, operations in specification["paths"].items():
        names = template.split("/")
        if len(names) == len(parts) and method.lower() in operations:
            variables = [name for name, part in zip(names, parts) if name != part]
            if all(name.startswith("{") for name in variables):
                found.append((len(variables), template, operations))
    assert found, f"the specification has no {method} {path}"
    _, template, operations = min(found, key=lambda row: row[0])
    return template, operations[method.lower()], operations.get("parameters", [])


@pytest.fixture
def check(specification):
    """check(record): the request is one that the specification knows, and its body fits. Returns its template."""
    import jsonschema

    def resolve(entry):
        while "$ref" in entry:
            at = specification
            for name in entry["$ref"].lstrip("#/").split("/"):
                at = at[name]
            entry = at
        return entry

    def check_one(record):
        template, operation, shared = find_operation(specification, record["method"], record["path"])
        parameters = [resolve(entry) for entry in [*operation.get("parameters", []), *shared]]
        known = {entry["name"] for entry in parameters if entry["in"] == "query"}
        assert set(record["parameters"]) <= known, record["target"]
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if content is None or not content["schema"].get("properties"):
            assert record["body"] == b""
            return template
        schema = merge_alternatives(content["schema"])
        levels = schema["properties"].get("apiAccess", {}).get("properties", {}).get("apis", {}).get("items", {})
        if levels:
            levels["properties"]["accessLevel"]["enum"] += NEWER_LEVELS
        jsonschema.Draft4Validator.check_schema(schema)
        jsonschema.Draft4Validator(schema).validate(record["json"])
        assert record["headers"]["content-type"] == "application/json"
        return template

    return check_one


RUNS = {
    **{name: [*SMALLEST, *row[0]] for name, row in FLAGS.items()},
    **{"purge " + name: ["--name", "p", "--api", "/ccu=rw", "--clone-groups", *row[0]] for name, row in PURGE.items()},
    "guide": ["--name", "cdn", "--group", "54321", *(flag for api in GUIDE for flag in ("--api", api))],
    "all APIs": ["--name", "all", "--all-apis", "--group", "Edge Team=Viewer"],
    "newer levels": ["--name", "new", "--api", "/cam=CREDENTIAL-READ-ONLY", "--clone-groups"],
    "expiry": [*SMALLEST, "--expires", "+90d"],
    "another account": [*SMALLEST, "--account-key", "1-ABCD:Z-PQR"],
}


@pytest.mark.parametrize("arguments", RUNS.values(), ids=RUNS)
def test_flags(gk, fake, check, arguments):
    assert create(gk, *arguments).status == 0
    assert "/api-clients" in [check(record) for record in fake.requests]


@pytest.mark.parametrize("body", [WHOLE, NAMES], ids=["ids", "names"])
@pytest.mark.parametrize("arguments", [[], *(row[0] for row in OVERRIDES.values())], ids=["alone", *OVERRIDES])
def test_files(gk, fake, check, body, arguments):
    assert create(gk, "--from", "-", *arguments, stdin=json.dumps(body)).status == 0
    assert "/api-clients" in [check(record) for record in fake.requests]


@pytest.mark.parametrize("kind", ["ACTIVE", "INACTIVE", "absent", "no-secret"])
def test_all_requests_of_a_run(gk, fake, check, kind):
    fake.set(create_credential=kind)
    fake.fault(method="POST", path="*/api-clients", edit=lambda answer: {**answer, "baseURL": None})
    assert create(gk, *SMALLEST, "--expires", "+90d").status == 0
    templates = [check(record) for record in fake.requests]
    assert "/api-clients/{clientId}/credentials/{credentialId}" in templates


def test_the_check_can_fail(check):
    import jsonschema

    body = copy.deepcopy(WHOLE)
    record = {"method": "POST", "path": BASE + "/api-clients", "target": "", "parameters": {}, "body": b"x"}
    record.update(json=body, headers={"content-type": "application/json"})
    check(record)
    for change in (
        lambda at: at.pop("clientType"),
        lambda at: at.update(clientDescription=""),
        lambda at: at.update(more=1),
        lambda at: at["apiAccess"].update(more=1),
        lambda at: at["apiAccess"]["apis"][0].update(accessLevel="rw"),
        lambda at: at["groupAccess"]["groups"][0].pop("roleId"),
        lambda at: at["purgeOptions"].pop("cpcodeAccess"),
        lambda at: at["ipAcl"].pop("enable"),
    ):
        record["json"] = copy.deepcopy(WHOLE)
        change(record["json"])
        with pytest.raises(jsonschema.ValidationError):
            check(record)


def test_the_examples_of_the_specification(specification):
    """They must fit too, or the merged schema is not what Akamai means."""
    import jsonschema

    content = specification["paths"]["/api-clients"]["post"]["requestBody"]["content"]["application/json"]
    examples = [entry["value"] for entry in content.get("examples", {}).values()]
    examples += [content["example"]] if "example" in content else []
    assert examples
    for example in examples:
        jsonschema.Draft4Validator(merge_alternatives(content["schema"])).validate(example)
