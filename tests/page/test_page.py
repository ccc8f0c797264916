"""Whoever is woken looks at the page, and clicks."""

import json
import os

import axe
import pytest
from conftest import HOSTILE, ROOT

THEMES = ["light", "dark"]


@pytest.mark.parametrize("theme", THEMES)
def test_a_picture_is_taken_in_each_theme(widget, theme, tmp_path):
    """With CREMA_WRITE_PAGES=1 it becomes the one of the documentation."""
    folder = ROOT / "docs" if os.environ.get("CREMA_WRITE_PAGES") else tmp_path
    widget.show(theme, actions=True)
    widget.refresh()
    # As many as a screen has.
    widget.browser.run("[...document.querySelectorAll('#widget tbody tr')].forEach((row, i) => row.hidden = i > 6)")
    widget.browser.run("document.getElementById('widget').style.border = 'none'")
    picture = folder / f"page-{theme}.png"
    widget.browser.picture(picture, "document.getElementById('widget')")
    assert picture.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n" and 10_000 < picture.stat().st_size < 300_000


def test_the_page_shows_what_is_wrong_first_and_turns_over(widget):
    widget.show()
    # The second look knows what the first one saw.
    widget.refresh()
    said = widget.text()
    for word in ("1 failed", "1 on hold", "1 drifted", "in sync", "Families 1 to 25 of", "somebody else"):
        assert word in said, said
    assert widget.browser.run("[...document.querySelectorAll('#widget tbody tr td:first-child')].slice(0, 3).map(e => e.innerText.trim().split('\\n')[0].trim())") == [
        "failed", "on hold", "drifted"
    ]
    first = widget.rows()
    widget.click("Next")
    second = widget.rows()
    assert second and len(second) < 25 and not set(first) & set(second) - {""}
    widget.click("Previous")
    assert len(widget.rows()) == 25
    assert "Roll back" not in widget.text().replace("“Roll back”", "")
    assert widget.is_clean()


def test_families_are_filtered_by_what_is_typed_and_a_refresh_forgets_it(widget):
    widget.show()
    widget.browser.click("document.querySelector('#widget input[name=filter]')")
    widget.browser.type("shop")
    widget.click("Filter")
    assert set(widget.rows()) == {"shop-batch", "shop-web"}
    widget.refresh()
    assert len(widget.rows()) == 25
    widget.show(filter="job-tidy-07")
    assert widget.rows() == ["job-tidy-07"]


def test_details_and_a_plan_open_over_the_page_and_leave_it(widget):
    widget.show(filter="shop-batch")
    before = widget.text()
    widget.click("Details", row="shop-batch")
    said = widget.popup()
    for word in ("Revisions", "runs now", "shop-nightly", "shop:release", "crema"):
        assert word in said, said
    widget.close()
    widget.show(filter="reports-ec2")
    widget.click("Plan", row="reports-ec2")
    assert "A changed configuration would make it: registered" in widget.popup()
    assert "sha256:" in widget.popup()
    widget.close()
    assert widget.is_clean() and "shop-batch" in before


def test_a_refused_question_does_nothing_and_a_confirmed_one_rolls_back(widget, account):
    revision = account.active("shop-web")[-1]
    widget.show(filter="shop-web", actions=True)
    widget.browser.run("widget.answerYes = false")
    calls = len(widget.calls())
    widget.click("Roll back", row="shop-web")
    (question,) = widget.browser.run("widget.questions")
    assert f"Roll back shop-web? Revision {revision}" in question
    assert len(widget.calls()) == calls and account.active("shop-web")[-1] == revision
    widget.browser.run("widget.answerYes = true")
    account.settle()
    widget.click("Roll back", row="shop-web")
    said = widget.popup()
    assert f"Taken back: {revision}" in said and "rolled back" in said, said
    assert account.active("shop-web")[-1] == revision - 1
    assert widget.calls()[-1]["endpoint"].endswith(":crema-operator")
    # Once more on the same page, which is old now.
    widget.close()
    widget.click("Roll back", row="shop-web")
    assert "already rolled back" in widget.popup()
    assert account.active("shop-web")[-1] == revision - 1
    widget.close()
    account.settle()
    widget.refresh()
    assert "on hold" in widget.text()
    widget.click("Register", row="shop-web")
    assert "ends the hold" in widget.browser.run("widget.questions.at(-1)")
    assert "is the latest" in widget.popup()
    assert account.active("shop-web")[-1] == revision + 1
    assert widget.is_clean()


def test_a_stale_page_takes_nothing_back(widget, account):
    widget.show(filter="job-tidy-03", actions=True)
    account.settle()
    newer = account.by_hand("job-tidy-03")
    widget.click("Roll back", row="job-tidy-03")
    assert "superseded" in widget.popup()
    assert account.active("job-tidy-03")[-1] == newer


def test_the_dashboard_of_the_template_shows_this_widget(widget, account):
    name = account.outputs["DashboardName"]
    assert name == "crema-ap-northeast-1"
    body = json.loads(account.aws.client("cloudwatch").get_dashboard(DashboardName=name)["DashboardBody"])
    (custom,) = [w["properties"] for w in body["widgets"] if w["type"] == "custom"]
    assert custom["endpoint"] == widget.endpoint
    assert custom["updateOn"] == {"refresh": True, "resize": False, "timeRange": False}
    widget.show(**custom["params"])
    assert "Roll back" in widget.text()


@pytest.mark.parametrize("is_raw", [False, True], ids=["sanitised", "as it comes"])
def test_hostile_names_are_text(widget, is_raw):
    """As it comes, the browser would run what a sanitiser takes out; the Content-Security-Policy would report it."""
    widget.show(actions=True)
    widget.browser.run(f"widget.sanitises = {json.dumps(not is_raw)}")
    widget.browser.click("document.querySelector('#widget input[name=filter]')")
    widget.browser.type("job-hostile-")
    widget.click("Filter")
    assert len(widget.rows()) == len(HOSTILE)
    said = widget.text()
    for name in HOSTILE[:2]:
        assert name in said, said
    assert "\u202e" not in said and "u{202e}gnp.exe" in said
    for n in range(len(HOSTILE)):
        widget.click("Details", row=f"job-hostile-{n}")
        assert f"job-hostile-{n}" in widget.popup()
        widget.close()
    assert widget.browser.run("document.querySelectorAll('#widget script, #widget img, #widget iframe, #widget use').length") == 0
    assert widget.browser.run("document.querySelector('#widget .crema').scrollWidth <= document.querySelector('#widget .crema').clientWidth + 1")
    assert widget.is_clean()


def test_the_policy_of_the_harness_catches_a_script(widget):
    """So that what the others find is worth something."""
    widget.show()
    widget.browser.run("document.getElementById('widget').insertAdjacentHTML('beforeend', '<p onclick=\"1\" id=try>x</p><img src=\"http://127.0.0.1:1/x.png\">')")
    widget.browser.run("document.getElementById('try').click()")
    widget.browser.until("widget.violations.length >= 2")


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing_against_whoever_looks(widget, theme):
    source, why = axe.source()
    if source is None:
        pytest.skip(why)
    widget.show(theme, actions=True)
    widget.browser.run(f"{source}; 0")
    places = ["main"]
    widget.click("Details", row="job-held")
    widget.popup()
    for place in [*places, "#over"]:
        found = widget.browser.run(f"axe.run(document.querySelector('{place}'), {{resultTypes: ['violations']}})")
        told = [(v["id"], v["help"], [n["html"][:200] for n in v["nodes"]][:3]) for v in found["violations"]]
        assert told == [], json.dumps(told, indent=1)
        assert len(found["passes"]) > 5
