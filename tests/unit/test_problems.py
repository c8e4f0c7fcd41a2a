"""The types of problems, wherever they are named: in the docs, the OpenAPI document, the gateway and the page."""

import json
import re
from typing import Any

import pytest

from api.openapi import document
from local.processes import ROOT
from pizzeria.runtime.problem import PREFIX, Problem, ProblemType
from tests.unit.test_openapi import operations

URIS = {kind.uri for kind in ProblemType}
OF_THE_GATEWAY = {ProblemType.REQUEST_TIMEOUT, ProblemType.BAD_GATEWAY, ProblemType.GATEWAY_TIMEOUT}
OF_NO_OPERATION = {
    ProblemType.UNKNOWN_PAGE,
    ProblemType.METHOD_NOT_ALLOWED,
    ProblemType.INVALID_REQUEST,
    ProblemType.INTERNAL_ERROR,
}


def read(path: str) -> str:
    """Return the text of a file of the project."""
    return (ROOT / path).read_text()


def types(operation: Any) -> set[str]:
    """Return the types that an operation of the OpenAPI document lists."""
    contents = [response.get("content", {}) for response in operation["responses"].values()]
    schemas = [each["application/problem+json"]["schema"] for each in contents if "application/problem+json" in each]
    return {uri for schema in schemas for uri in schema["properties"]["type"]["enum"]}


@pytest.mark.parametrize("kind", ProblemType)
def test_a_type_is_an_identifier_with_a_title(kind: ProblemType) -> None:
    """No other type has either."""
    assert re.fullmatch(r"/problems/[a-z]+(-[a-z]+)*", kind.uri)
    assert [each for each in ProblemType if each.title == kind.title] == [kind]
    assert Problem.of(kind, "why") == Problem(kind.uri, kind.title, kind.status, "why")


def test_the_docs_describe_each_type() -> None:
    """Its status, what it means and what a client should do, in one table."""
    table = re.findall(r"^\| `(/problems/.+?)` \| (\d+) \| (.+?) \| (.+) \|$", read("docs/http-api.md"), re.MULTILINE)
    assert [tuple(row[:3]) for row in table] == [(kind.uri, str(kind.status), kind.meaning) for kind in ProblemType]


def test_the_openapi_document_lists_each_type() -> None:
    """In the schema of a problem; and each operation lists those that not every path may answer."""
    openapi = document(7)
    assert set(openapi["components"]["schemas"]["Problem"]["properties"]["type"]["enum"]) == URIS
    listed = {uri for _, _, operation in operations(openapi) for uri in types(operation)}
    assert listed == {kind.uri for kind in set(ProblemType) - OF_THE_GATEWAY - OF_NO_OPERATION}


def test_the_gateway_answers_with_types_of_ours() -> None:
    """With their titles and statuses."""
    errors = re.findall(r"http-error status (\d+) .* string '(.*)'\\n", read("deploy/haproxy.cfg"))
    assert len(errors) == 6
    for status, body in errors:
        problem = json.loads(body)
        [kind] = [kind for kind in ProblemType if kind.uri == problem["type"]]
        assert (kind.title, kind.status, kind.status) == (problem["title"], problem["status"], int(status))


def test_the_page_names_no_other_type() -> None:
    """One that is renamed is renamed there, too."""
    [transient] = re.findall(r"const TRANSIENT = (\[.*?\])", read("api/static/js/api.js"), re.DOTALL)
    assert {PREFIX + name for name in json.loads(transient)} < URIS
