"""Every route and every role: what the code allows is what people decided, and the gate does what the code says."""

import pytest

from helpline import accounts
from helpline.console import access
from tests.console.conftest import SAME, Browser
from tests.console.test_access import routes
from tests.security import matrix


def test_every_route_is_open_to_exactly_those_the_table_names(console):
    decided, found = matrix.decided(), matrix.allowed(console)
    undecided = matrix.written({route: who for route, who in found.items() if route not in decided})
    assert undecided == "\n", f"decide who may use these routes and write it in {matrix.TABLE.name}:\n{undecided}"
    assert sorted(set(decided) - set(found)) == [], "routes of the table that are gone"
    changed = {route: (decided[route], who) for route, who in found.items() if decided[route] != who}
    assert changed == {}, "route: (as decided, as the code has it)"


@pytest.fixture
def everybody(console, service):
    """A browser for each role, once without duties and once with all."""
    made = {}
    with service.engine.begin() as conn:
        for role in accounts.ROLES:
            for duties in ("", ",".join(accounts.DUTIES)):
                name = f"{role}{len(duties)}"
                accounts.add(conn, name, name, role, accounts.DEMO[0].password, duties=duties)
                made[name] = (role, duties.split(","))
    return {name: (Browser(console, name), *who) for name, who in made.items()}


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)  # no question to the database decides it
def test_the_gate_refuses_whom_the_table_does_not_name(console, everybody):
    decided = matrix.decided()
    rules = {(rule.endpoint, method): rule.rule.replace(" ", "") for rule in console.url_map.iter_rules()
             for method in rule.methods}  # fmt: skip
    for endpoint in console.view_functions:  # only the gate is asked here, not the pages behind it
        console.view_functions[endpoint] = lambda **_: "reached"
    checked = 0
    for endpoint, method, path in routes(console):
        if endpoint == "signin.leave":
            continue
        named = decided[f"{method} {rules[endpoint, method]} {endpoint}"].split()
        for name, (browser, role, duties) in everybody.items():
            answer = browser.client.open(path, method=method, headers=SAME)
            open_to = {"everybody", role, *(f"{role}+{duty}" for duty in duties)} & set(named)
            assert (answer.status_code == 403) == (not open_to), (name, method, path, answer.status_code)
            if open_to and answer.status_code != 404:  # a path with an example that its route does not take
                assert answer.text == "reached", (name, method, path, answer.status_code)
            checked += 1
    assert checked > 10 * 100


def test_only_who_sees_people_is_named_for_what_shows_people():
    people = ("cases.", "queue.", "composer.", "media.", "search.", "merging.", "assistant.", "many.")
    for route, who in matrix.decided().items():
        if route.split()[2].startswith(people):
            roles = {one.partition("+")[0] for one in who.split()}
            assert roles <= set(accounts.CASEWORKERS), route


def test_what_is_open_to_everybody_is_written_out():
    named = {route.split()[2] for route, who in matrix.decided().items() if who == "everybody"}
    assert named == access.PUBLIC
    assert named == {
        "static", "signin.page", "signin.enter", "signin.language", "status.health", "status.metrics",
        "second_factor.ask", "second_factor.answer", "second_factor.page", "second_factor.enrol",
        "oidc.start", "oidc.back",
    }  # fmt: skip
