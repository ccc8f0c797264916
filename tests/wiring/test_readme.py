"""What the README states of settings, parameters, events and pages is what there is."""

import json
import re

import pytest
from conftest import ROOT, TEMPLATE, change
from pages import Shell, marked, page

README = (ROOT / "README.md").read_text()
SETTINGS = (ROOT / "src/config/settings.rs").read_text()
# The template's parameter for each setting.
PARAMETER = {
    "CONFIG_BUCKET_OWNER": "ConfigBucketOwner",
    "EXT_STR": "ExtStr", "EXT_CODE": "ExtCode", "PIN_IMAGES": "PinImages", "SETTLE_SECONDS": "SettleSeconds",
    "ROLLBACK_QUIET_SECONDS": "RollbackQuietSeconds", "ALLOW_UNMANAGED": "AllowUnmanaged", "FAMILY_ARNS": "FamilyArns",
    "ALLOW_LAST_BY_EVENT": "AllowLastByEvent", "CONCURRENCY": "CallConcurrency", "RUST_LOG": "LogLevel",
}


def rows(head):
    """The rows of the table whose head begins so, as lists of their cells."""
    table = README.split(f"\n| {head} |")[1].split("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table.splitlines()[2:]]


def names(cell):
    return re.findall(r"`([^`]+)`", cell)


def plain(cell):
    """A default as a parameter or a setting has it."""
    found = names(cell)
    return found[0] if found else ""


def test_every_setting_of_the_function_stands_in_its_table_with_its_default():
    table = {name: plain(row[1]) for row in rows("name") for name in names(row[0])}
    read = {name for name in re.findall(r'get\("([A-Z_]+)"\)', SETTINGS) if not name.startswith("AWS_")}
    assert set(table) == read | {"RUST_LOG"}
    for name, default in re.findall(r'(?:number|flag)\("([A-Z_]+)", get\("[A-Z_]+"\), (\w+)\)', SETTINGS):
        if name in table:
            assert table[name] == default, name
    assert set(PARAMETER) == set(table) - {"CONFIG_URI"}
    for name, parameter in PARAMETER.items():
        # A required parameter has no default: the setting's own serves those who deploy without the template.
        assert table[name] == str(TEMPLATE["Parameters"][parameter].get("Default", "")), name


def test_every_parameter_stands_in_its_table_with_its_default():
    table = {name: row[1] for row in rows("parameter") for name in names(row[0])}
    assert list(table) == list(TEMPLATE["Parameters"])
    for name, parameter in TEMPLATE["Parameters"].items():
        if "Default" in parameter:
            assert plain(table[name]) == str(parameter["Default"]), name
        else:
            assert table[name] == "required", name


def test_every_setting_is_one_of_the_template_and_the_other_way_about():
    variables = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    assert set(variables) == {"CONFIG_URI", *PARAMETER}


# A word of the table of events for each file of events/.
EVENTS = {
    "ecr-push": "`ECR Image Action`", "ecr-replication": "`ECR Replication Action`",
    "ecr-pull-through-cache": "`ECR Pull Through Cache Action`",
    "s3-object-created": "`Object Created`", "s3-object-deleted": "`Object Deleted`",
    "s3-notification": "`Records[].s3`", "rollback": "`Task Definition Rollback`", "scheduled-sweep": "`Scheduled Event`",
    "sweep": '`{"action": "sweep"}`', "register": '`{"action": "register"', "rollback-direct": '`{"action": "rollback"',
    "plan": '`{"action": "plan"', "status": '`{"action": "status"', "failed-invocation": "failed invocation",
    "dead-letter-sqs": "SQS",
}


def test_every_kind_of_event_has_its_row_and_its_file():
    table = "\n".join(" | ".join(row) for row in rows("payload"))
    assert [name for name, word in EVENTS.items() if word not in table] == []
    assert [name for name in EVENTS if not (ROOT / f"events/{name}.json").exists()] == []


def test_every_field_of_a_rollback_has_its_row():
    source = (ROOT / "src/trigger/rollback.rs").read_text()
    fields = json.loads(re.search(r"const FIELDS: \[&str; \d+\] =\s*(\[[^]]*\])", source)[1])
    assert {name for row in rows("field | meaning") for cell in row for name in names(cell)} >= set(fields)


def test_every_field_of_cremas_own_file_has_its_row():
    source = (ROOT / "src/config/own.rs").read_text()
    own = re.search(r"pub struct OwnFile \{(.*?)\n\}", source, re.DOTALL)[1]
    table = {name for row in rows("field | default") for name in names(row[0])}
    assert table == set(re.findall(r"pub (\w+):", own))


def test_every_page_is_linked():
    for page in (ROOT / "docs").glob("*.md"):
        assert f"(docs/{page.name})" in README, page.name


@pytest.mark.parametrize("page", sorted(page.name for page in (ROOT / "docs").glob("*.md")))
def test_links_of_a_page_lead_somewhere(page):
    text = (ROOT / "docs" / page).read_text()
    for target in re.findall(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)", text):
        assert (ROOT / "docs" / target).exists(), target
    for anchor in re.findall(r"\]\(\.\./README\.md#([^)]+)\)", text):
        heads = [re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in re.findall(r"^#+ (.*)$", README, re.MULTILINE)]
        assert anchor in heads, anchor


def test_answers_are_valid_json():
    blocks = re.findall(r"^```json\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 3
    for block in blocks:
        json.loads(block)


def test_the_deployment_is_the_one_that_is_tried():
    block = README.split("$ sam build\n")[1].split("```")[0]
    given = lambda text: set(re.findall(r"[A-Z]\w+=\S+", text))  # noqa: E731
    assert given(block) == given(marked("DEPLOY", "deploy"))


def commands(text):
    """The commands of the text's console blocks, each with the lines that it goes on in."""
    blocks = re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [command.strip() for block in blocks for command in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]]


def only(found, word):
    (command,) = [command for command in found if word in command]
    return command


def test_a_request_as_the_readme_has_it_reaches_the_operator(account, tmp_path):
    said = Shell(tmp_path, account.aws.environment).output(only(commands(README), "put-events"))
    assert json.loads(said)["FailedEntryCount"] == 0
    record = account.wait_for(account.outputs["OperatorLogGroup"], lambda e: e.get("source") == "me")
    assert record["recorded"]["detail"] == {"family": "shop-batch", "reason": "wrong totals"}


def test_a_rollback_as_the_readme_has_it_answers_at_once(account, live, tmp_path):
    for _ in range(2):
        change(live)
        live.operator({"action": "register", "app": "shop"})
    said = Shell(tmp_path, account.aws.environment, stack="live").output(only(commands(README), '"action": "rollback"'))
    (outcome,) = json.JSONDecoder().raw_decode(said)[0]["outcomes"]
    assert (outcome["family"], outcome["decision"]) == ("shop-batch", "rolled_back")


def test_an_upload_as_the_readme_has_it_is_all_that_an_app_needs(account, tmp_path):
    (tmp_path / "deploy").symlink_to(ROOT / "examples")
    # The bucket of the page is that of the stack which is deployed as the page says.
    s3, bucket = account.client("s3"), "acme-readme"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})
    command = only(commands(README), "s3 sync").splitlines()[0].replace("acme-crema", bucket)
    Shell(tmp_path, account.aws.environment).output(command)
    keys = {o["Key"] for o in s3.list_objects_v2(Bucket=bucket)["Contents"]}
    assert {"crema/shop/ecspresso.yml", "crema/reports/ecspresso.json"} <= keys


def test_status_answers_as_its_page_and_the_readme_say(account, live, tmp_path):
    live.operator({"action": "register", "app": "shop"})
    said = Shell(tmp_path, account.aws.environment, stack="live").output(only(commands(page("STATUS")), '"action": "status"'))
    answer = json.JSONDecoder().raw_decode(said)[0]
    shown = json.loads(re.search(r"^```json\n(.*?)^```", page("STATUS"), re.MULTILINE | re.DOTALL)[1])
    assert list(answer) == list(shown)
    for family in answer["families"]:
        assert set(family) <= {*shown["families"][0], "note"}
        for image in family["images"]:
            assert set(image) <= set(shown["families"][0]["images"][0])
