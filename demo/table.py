"""The table of revisions: read from ECS, shown with what changed since the last time."""

from dataclasses import dataclass

from demo.screen import bold, dim, green, say, yellow


@dataclass(frozen=True)
class Revision:
    family: str
    number: int
    active: bool
    image: str  # the image of the first container, pinned
    memory: str
    variables: tuple
    by: str  # the kind of the trigger, from crema's tag
    at: object  # registered, or where it was taken back: deregistered

    @property
    def digest(self):
        return self.image.rpartition("@")[2] if "@" in self.image else "(not pinned)"


def read(ecs, families):
    """Every revision of the families, oldest first."""
    return {
        family: sorted(
            (describe(ecs, arn) for status in ("ACTIVE", "INACTIVE") for arn in arns(ecs, family, status)),
            key=lambda revision: revision.number,
        )
        for family in families
    }


def arns(ecs, family, status):
    pages = ecs.get_paginator("list_task_definitions").paginate(familyPrefix=family, status=status)
    return [
        arn
        for page in pages
        for arn in page["taskDefinitionArns"]
        if arn.rpartition("/")[2].rpartition(":")[0] == family
    ]


def describe(ecs, arn):
    answer = ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"])
    definition = answer["taskDefinition"]
    tags = {tag["key"]: tag["value"] for tag in answer.get("tags", [])}
    active = definition["status"] == "ACTIVE"
    container = definition["containerDefinitions"][0]
    return Revision(
        family=definition["family"],
        number=definition["revision"],
        active=active,
        image=container["image"],
        memory=definition.get("memory", ""),
        variables=tuple(sorted((v["name"], v["value"]) for v in container.get("environment", []))),
        by=tags.get("crema:trigger", "(somebody else)").split(" ")[0].split(":")[0],
        at=definition.get("registeredAt") if active else definition.get("deregisteredAt"),
    )


def latest(revisions):
    """What a schedule that names the family without a revision runs now."""
    active = [revision for revision in revisions if revision.active]
    return active[-1] if active else None


def show(now, before):
    """Prints the table. New revisions are marked +, those whose status changed ~."""
    form = "   {:1} {:16} {:>3}  {:9} {:22} {:14} {:13} {}"
    say(dim(form.format("", "family", "rev", "status", "image digest", "by", "when", "")))
    for family, revisions in now.items():
        old = {revision.number: revision for revision in before.get(family, [])}
        runs = latest(revisions)
        for revision in revisions:
            was = old.get(revision.number)
            mark = "+" if was is None else "~" if was.active != revision.active else " "
            line = form.format(
                mark,
                family,
                revision.number,
                "ACTIVE" if revision.active else "INACTIVE",
                short(revision.digest),
                revision.by,
                f"{revision.at:%H:%M:%S}" if revision.at else "",
                "<- a schedule runs this now" if revision is runs else "",
            ).rstrip()
            say(green(line) if mark == "+" else yellow(line) if mark == "~" else bold(line) if revision is runs else line)
        if not revisions:
            say(dim(form.format("", family, "-", "", "", "", "", "nothing for a schedule to run").rstrip()))


def short(digest):
    return digest[:19] + "…" if digest.startswith("sha256:") else digest
