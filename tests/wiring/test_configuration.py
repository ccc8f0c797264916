"""What CONFIGURATION.md states of parameters, settings and permissions is what the template has.

That its settings are the function's own, with their defaults, is tested beside the code (tests/docs).
"""

import re

import test_policies
from conftest import ROOT, TEMPLATE
from pages import page

PAGE = page("CONFIGURATION")


def rows(head):
    """The rows of the table whose head begins so, as lists of their cells."""
    table = PAGE.split(f"\n| {head} |")[1].split("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table.splitlines()[2:]]


def names(cell):
    return re.findall(r"`([^`]+)`", cell)


def plain(cell):
    """A default as a parameter or a setting has it."""
    found = names(cell)
    return found[0] if found else ""


def test_every_parameter_stands_in_its_table_with_its_default():
    table = {name: row[1] for row in rows("parameter") for name in names(row[0])}
    assert list(table) == list(TEMPLATE["Parameters"])
    for name, parameter in TEMPLATE["Parameters"].items():
        if "Default" in parameter:
            assert plain(table[name]) == str(parameter["Default"]), name
        else:
            assert table[name] == "required", name


def test_every_setting_is_set_by_the_parameter_that_its_table_names():
    variables = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    table = {plain(row[0]): row for row in rows("name")}
    # Set by no parameter: each function has its own.
    lane = table.pop("LANE")
    assert names(table.pop("OPERATOR_ARN")[1]) == []
    functions = {name: f for name, f in TEMPLATE["Resources"].items() if f["Type"] == "AWS::Serverless::Function"}
    lanes = {name.lower(): f["Properties"]["Environment"]["Variables"]["LANE"] for name, f in functions.items()}
    assert lanes == {name: name for name in lanes}
    assert set(lanes.values()) == set(names(lane[3])) and plain(lane[2]) == "operator"
    assert list(table) == list(variables)
    text = (ROOT / "template.yaml").read_text().split("      Variables:\n")[1].split("\n\n")[0]
    written = dict(re.findall(r"^ {8}([A-Z_]+):((?:.*\n?)(?: {10}.*\n?)*)", text, re.MULTILINE))
    for name, (_, parameters, default, _) in table.items():
        for parameter in names(parameters):
            assert re.search(rf"\b{parameter}\b", written[name]), name
        if name != "CONFIG_URI":
            (parameter,) = names(parameters)
            # A required parameter has no default: the setting's own serves those who deploy without the template.
            given = str(TEMPLATE["Parameters"][parameter].get("Default", ""))
            # Whoever deploys without the template may have nobody who hears outcomes, and no permission for them.
            assert (plain(default), given) == ("false", "true") if name == "PUBLISH_OUTCOMES" else plain(default) == given, name


def test_every_permission_stands_in_its_table():
    listed = {name for row in rows("permission") for name in names(row[0])}
    optional = test_policies.LOOKUPS | test_policies.PREFLIGHT | test_policies.SCHEDULES | test_policies.DOCTOR
    given = test_policies.COMMON | optional | {"ecs:DeregisterTaskDefinition"}
    assert listed == given
