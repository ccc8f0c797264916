"""What the README tells people to run is run: the deployment, an upload, a rollback."""

import json
import re

from conftest import ROOT, change
from pages import Shell, marked, page

README = (ROOT / "README.md").read_text()


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


def test_status_answers_as_its_page_says(account, live, tmp_path):
    live.operator({"action": "register", "app": "shop"})
    said = Shell(tmp_path, account.aws.environment, stack="live").output(only(commands(page("STATUS")), '"action": "status"'))
    answer = json.JSONDecoder().raw_decode(said)[0]
    shown = json.loads(re.search(r"^```json\n(.*?)^```", page("STATUS"), re.MULTILINE | re.DOTALL)[1])
    assert list(answer) == list(shown)
    for family in answer["families"]:
        assert set(family) <= {*shown["families"][0], "note"}
        for image in family["images"]:
            assert set(image) <= set(shown["families"][0]["images"][0])
