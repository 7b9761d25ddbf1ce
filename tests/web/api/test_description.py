"""The description of the API is complete, so that people and programs can work from it alone."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.web.api.conftest import Api, Json, answered
from tests.web.conftest import OURS, Site
from tests.web.reading import Page
from web.api.documentation import TAGS

OPERATIONS = [
    "findTimeEntries",
    "recordTimeEntry",
    "replaceTimeEntries",
    "getTimeEntry",
    "replaceTimeEntry",
    "removeTimeEntry",
    "getTimeEntryVersions",
    "addFlexChange",
    "findFlexChanges",
    "getFlexChange",
    "findNotes",
    "addNote",
    "getNote",
    "findTimesheets",
    "getTimesheet",
    "getTimesheetHistory",
    "getTimesheetEvidence",
    "submitTimesheet",
    "recallTimesheet",
    "approveTimesheet",
    "rejectTimesheet",
    "findApprovals",
    "decideOnMany",
    "getBulkDecision",
    "reviseTimesheet",
    "lockTimesheet",
    "unlockTimesheet",
    "findPersons",
    "createPerson",
    "getPerson",
    "replacePerson",
    "findProjects",
    "createProject",
    "getProject",
    "replaceProject",
    "findTimePeriodTypes",
    "createTimePeriodType",
    "getTimePeriodType",
    "replaceTimePeriodType",
    "findAgreements",
    "createAgreement",
    "getAgreement",
    "replaceAgreement",
    "findAdjustments",
    "addAdjustment",
    "getAdjustment",
    "findAccruals",
    "getAccrualSummary",
    "explainAccrual",
    "sendEvent",
    "findEvents",
    "findDelegations",
    "grantDelegation",
    "getDelegation",
    "changeDelegation",
    "revokeDelegation",
    "findActs",
    "getAct",
    "answerAct",
    "findDutyChecks",
    "getDutyCheck",
    "findSeals",
    "sealNow",
    "getSealConsistency",
    "findSealKeys",
    "getCompliance",
    "findSummaries",
    "createSummary",
    "getSummary",
    "findWebhooks",
    "createWebhook",
    "getWebhook",
    "replaceWebhook",
    "removeWebhook",
    "findWebhookAttempts",
    "replayWebhook",
    "testWebhook",
    "rotateWebhookSecret",
    "takeBackApproval",
    "stopBulkDecision",
    "findNotifications",
    "readAllNotifications",
    "readNotification",
    "findNotificationSettings",
    "replaceNotificationSettings",
]
"""Names that clients were generated with: add to them, and rename none."""

JSON, ZIP = {"application/json"}, {"application/zip"}
ALWAYS = {"401", "403", "503"}
"""What every operation may answer."""

CAMEL_CASE = re.compile(r"[a-z]+([A-Z][a-z]+)*")


@pytest.fixture(scope="module")
def described(site: Site) -> dict[str, Any]:
    """The description as programs get it."""
    return site.app.openapi()


def operations(described: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in described["paths"].values():
        yield from path.items()


def objects(value: Json) -> Iterator[dict[str, Any]]:
    """Every object within a JSON value."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from objects(inner)
    if isinstance(value, list):
        for inner in value:
            yield from objects(inner)


async def test_programs_get_the_description_without_a_token(api: Api, described: dict[str, Any]) -> None:
    answer = await api.stranger().get("/openapi.json")

    assert answered(answer, 200) == described
    assert described["servers"] == [{"url": "/"}, {"url": OURS}]


def test_every_operation_has_its_name_for_good(described: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, operation in operations(described)]

    assert sorted(names) == sorted(OPERATIONS)


def test_every_operation_is_told_in_words(described: dict[str, Any]) -> None:
    tags = {tag["name"]: tag["description"] for tag in TAGS}
    summaries = [operation["summary"] for _, operation in operations(described)]
    assert len(set(summaries)) == len(summaries)
    for _, operation in operations(described):
        name = operation["operationId"]
        assert operation["description"].endswith((".", ".\n")), name
        assert len(operation["tags"]) == 1, name
        assert tags[operation["tags"][0]], name
        assert operation["security"] == [{"token": []}], name
    used = {operation["tags"][0] for _, operation in operations(described)}
    assert used == tags.keys()


def test_every_refusal_is_told(described: dict[str, Any]) -> None:
    for verb, operation in operations(described):
        name, statuses = operation["operationId"], operation["responses"].keys()
        assert statuses >= ALWAYS, name
        if verb != "get":
            assert statuses >= {"400", "404", "413"}, name
        if any(parameter["name"] == "If-Match" for parameter in operation["parameters"]):
            assert statuses >= {"412", "428"}, name
        for status, response in operation["responses"].items():
            assert response["description"], (name, status)
            content = ZIP if (name, status) == ("getTimesheetEvidence", "200") else JSON
            assert status == "204" or response["content"].keys() == content, (name, status)
        assert any(status.startswith("2") for status in statuses), name


def test_what_is_sent_is_shown_by_an_example(described: dict[str, Any]) -> None:
    schemas = described["components"]["schemas"]
    for _, operation in operations(described):
        for content in operation.get("requestBody", {"content": {}})["content"].values():
            schema = content["schema"]
            named = [found["$ref"].rpartition("/")[2] for found in objects(schema) if "$ref" in found]
            examples = "example" in content or any("examples" in schemas[name] for name in named)
            assert examples, operation["operationId"]


def test_every_command_takes_a_key(described: dict[str, Any]) -> None:
    for verb, operation in operations(described):
        names = [parameter["name"] for parameter in operation["parameters"]]
        told = operation["operationId"] in ("sendEvent",)  # an event has an id of its own
        assert ("Idempotency-Key" in names) == (verb != "get" and not told), operation["operationId"]
        assert "tenantId" in names
        changes_a_version = verb == "put" or operation["operationId"] in ("removeTimeEntry", "removeWebhook")
        # Nobody but its person chooses how they are told, and the last word counts: that has no version.
        changes_a_version &= operation["operationId"] != "replaceNotificationSettings"
        assert ("If-Match" in names) == changes_a_version, operation["operationId"]


def test_names_are_in_camel_case(described: dict[str, Any]) -> None:
    for schema in objects(described["components"]["schemas"]):
        for name in schema.get("properties", {}):
            if isinstance(schema["properties"][name], dict):
                assert CAMEL_CASE.fullmatch(name), name
    for _, operation in operations(described):
        for parameter in operation["parameters"]:
            assert parameter["in"] in ("path", "header") or CAMEL_CASE.fullmatch(parameter["name"])


def test_nothing_is_told_that_is_never_answered(described: dict[str, Any]) -> None:
    used = {found["$ref"].rpartition("/")[2] for found in objects(described) if isinstance(found.get("$ref"), str)}

    assert used >= described["components"]["schemas"].keys()
    assert not {"HTTPValidationError", "ValidationError"} & described["components"]["schemas"].keys()


async def test_the_page_of_the_description_is_made_of_our_own_files(api: Api) -> None:
    answer = await api.stranger().client.get("/docs")

    page = Page(answer.text)
    files = [each.attributes["src"] for each in page.root.all("script")]
    files += [each.attributes["href"] for each in page.root.all("link")]
    assert len(files) == 4
    assert all(file.startswith("/static/") for file in files)
    assert {(await api.stranger().client.get(file)).status_code for file in files} == {200}
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "http" not in policy
    assert "unsafe-eval" not in policy
