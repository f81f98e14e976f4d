"""Tags by rule: from names, arguments and annotations; on the tools of real MCP servers."""

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import Action, Entitlement, Ref
from connectors.tagging import of_entitlement, of_name, of_tool
from connectors.tags import Tag, TagName, TagSource

DATA = Path(__file__).parents[1] / "data"
GITHUB = json.loads((DATA / "github_mcp_tools.json").read_text())
SERVERS = json.loads((DATA / "mcp_registry_servers.json").read_text())
LOOSE = {"readOnlyHint": True, "destructiveHint": False, "openWorldHint": False}


def names(tags) -> set[str]:
    return {str(each.name) for each in tags}


@pytest.mark.parametrize(
    ("name", "tags"),
    [
        ("get_user_details", {"sensitive_access"}),
        ("list_all_airports", set()),
        ("book_reservation", {"changes_state"}),
        ("send_certificate", {"changes_state", "sends_out", "moves_money"}),
        ("transfer_to_human_agents", {"changes_state"}),
        ("calculate", set()),
        ("brave_web_search", {"untrusted_input"}),
        ("listInboxMessages", {"untrusted_input", "sensitive_access"}),
        ("get_and_delete_user", {"changes_state"}),
        ("create_api_token", {"changes_state", "escalates"}),
        ("assume_role", {"escalates"}),
        ("run_sql_query", {"changes_state", "runs_code"}),
        ("merge_pull_request", {"approves", "changes_state", "sends_out"}),
        ("push_files", {"changes_state", "prepares"}),
        ("", set()),
        ("_-.9", set()),
    ],
)
def test_a_name_says_what_it_does(name, tags):
    assert names(of_name(name)) == tags


def test_what_a_tool_takes_says_what_it_can_be_made_to_do():
    assert names(of_tool("open", ["url"])) == {"changes_state", "untrusted_input", "sends_out"}
    assert names(of_tool("get_row", ["sql"])) == {"runs_code"}


def test_a_tool_of_which_nothing_is_known_counts_as_changing_something():
    [tag] = of_tool("frobnicate")
    assert (tag.name, tag.confidence) == (TagName.CHANGES_STATE, 50)


@given(st.text(max_size=60), st.lists(st.sampled_from(["url", "sql", "to", "q"])), st.sampled_from([{}, LOOSE]))
def test_a_vendors_hint_takes_no_tag_away(name, arguments, annotations):
    plain = of_tool(name, arguments)
    for hints in (annotations, {"readOnlyHint": False}, {"destructiveHint": True, "openWorldHint": True}):
        assert set(plain) <= set(of_tool(name, arguments, hints))


def test_githubs_own_annotations_agree_with_its_tools_names():
    """A tool that its vendor calls read-only changes nothing by its name, and the other way round."""
    for tool in GITHUB:
        by_rule = {each.name for each in of_tool(tool["name"], tool["arguments"]) if each.source == TagSource.RULE}
        changes = TagName.CHANGES_STATE in by_rule
        readers = tool["annotations"]["readOnlyHint"]
        assert changes is not readers or tool["name"] == "resolve_review_thread", tool["name"]


def test_one_server_alone_holds_both_halves_of_a_review():
    tags = {tool["name"]: names(of_tool(tool["name"], tool["arguments"], tool["annotations"])) for tool in GITHUB}
    assert "prepares" in tags["create_or_update_file"] & tags["push_files"] & tags["create_pull_request"]
    assert "approves" in tags["merge_pull_request"] & tags["pull_request_review_write"]
    assert "untrusted_input" in tags["issue_read"] & tags["list_issues"] & tags["get_discussion_comments"]


def test_the_catalogue_is_spread_over_servers():
    """Few servers hold a trifecta by themselves: it comes about where an agent holds several."""
    all_of_it = {"untrusted_input", "sensitive_access", "sends_out"}
    counted: Counter[str] = Counter()
    alone = 0
    for server in SERVERS:
        tools = [of_tool(each["name"], each["arguments"] or (), each["annotations"]) for each in server["tools"]]
        counted.update(name for tags in tools for name in names(tags))
        alone += all_of_it <= {name for tags in tools for name in names(tags)}
    assert sum(len(each["tools"]) for each in SERVERS) == 755
    assert alone <= 12
    assert all(counted[name] > 30 for name in ("untrusted_input", "sensitive_access", "sends_out", "changes_state"))


def entitlement(kind: str, resource: str, *actions: str, tags=()) -> Entitlement:
    return Entitlement(Ref(kind, resource), resource, resource, [Action(each, resource) for each in actions], tags=tags)


@pytest.mark.parametrize(
    ("what", "tags"),
    [
        (entitlement("function", "air.public.send_certificate(integer)", "execute"), {"moves_money", "sends_out"}),
        (entitlement("table", "air.public.customers", "select"), {"sensitive_access"}),
        (entitlement("table", "air.public.tickets", "select"), {"untrusted_input"}),
        (entitlement("table", "air.public.tickets", "update"), {"changes_state"}),
        (entitlement("table", "air.public.seats", "select"), set()),
        (entitlement("membership", "pg_execute_server_program"), {"runs_code", "sends_out"}),
        (entitlement("superuser", "superuser"), {"escalates", "runs_code", "sends_out", "sensitive_access"}),
        (entitlement("schema", "air.customers", "usage"), set()),
    ],
)
def test_an_entitlement_is_what_it_is_and_is_called(what, tags):
    assert names(of_entitlement(what)) - {"changes_state"} == tags - {"changes_state"}
    assert ("changes_state" in names(of_entitlement(what))) >= ("changes_state" in tags)


def test_what_a_connector_hands_out_stands_beside_what_the_rules_say_the_surest_of_each():
    given_out = [Tag(TagName.ESCALATES), Tag(TagName.ESCALATES, confidence=10)]
    found = of_entitlement(entitlement("function", "air.public.send_mail()", "execute", tags=given_out))
    assert [each for each in found if each.source == TagSource.CATALOGUE] == [given_out[0]]
    assert {each.source for each in found} == {TagSource.RULE, TagSource.CATALOGUE}
