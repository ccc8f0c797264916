"""The part of the AWS CLI that the documentation uses, for running its commands against the emulator.

Operations and options are those of botocore's models, so one that AWS does not have fails here too. (The CLI itself comes
in no package that can stand beside the pinned boto3.)
"""

import json
import sys
from pathlib import Path

import boto3
import jmespath
from botocore import xform_name
from botocore.exceptions import ClientError

GLOBALS = {"--output", "--query", "--cli-read-timeout", "--cli-binary-format"}


def fail(message, status=252):
    print(message, file=sys.stderr)
    sys.exit(status)


def made(service):
    """A client that the emulator sees as one that came over TLS, as the CLI does."""
    client = boto3.client(service)
    client.meta.events.register("before-sign.*", lambda request, **_: request.headers.add_header("X-Forwarded-Proto", "https"))
    return client


def sync(source, target, *flags):
    """`aws s3 sync FOLDER s3://BUCKET/PREFIX [--delete]`: all files, changed or not."""
    if set(flags) - {"--delete"}:
        fail(f"unknown options: {flags}")
    bucket, _, prefix = target.removeprefix("s3://").partition("/")
    folder = Path(source)
    files = {prefix + path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    if not files:
        fail(f"the folder {source} is empty or not there")
    s3 = made("s3")
    there = [o["Key"] for o in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])]
    for key, path in files.items():
        s3.put_object(Bucket=bucket, Key=key, Body=path.read_bytes())
        print(f"upload: {path} to s3://{bucket}/{key}")
    for key in set(there) - set(files) if "--delete" in flags else []:
        s3.delete_object(Bucket=bucket, Key=key)
        print(f"delete: s3://{bucket}/{key}")


def parse(arguments):
    """Options with their values, and what stands alone."""
    options, alone = {}, []
    words = iter(arguments)
    for word in words:
        if word.startswith("--"):
            options[word] = next(words, None)
        else:
            alone.append(word)
    return options, alone


def is_list_of_texts(shape):
    return shape.type_name == "list" and shape.member.type_name == "string"


def value(shape, text):
    if shape.type_name in ("structure", "list", "map"):
        return json.loads(text)
    if shape.type_name in ("integer", "long"):
        return int(text)
    return text.encode() if shape.type_name == "blob" else text


def text(found):
    """As `--output text` prints it."""
    if isinstance(found, list):
        rows = found if any(isinstance(row, list) for row in found) else [found]
        return "\n".join("\t".join(str(cell) for cell in row) for row in rows)
    return str(found)


def call(service, command, arguments):
    client = made(service)
    model = client.meta.service_model
    names = {xform_name(name, "-"): name for name in model.operation_names}
    if command not in names:
        fail(f"aws {service} has no {command}")
    operation = model.operation_model(names[command])
    members = {f"--{xform_name(name, '-')}": name for name in operation.input_shape.members}
    options, alone = parse(arguments)
    # The words after a list's first are its others.
    lists = [o for o, name in members.items() if o in options and is_list_of_texts(operation.input_shape.members[name])]
    if lists:
        (one,) = lists
        options[one], alone = json.dumps([options[one], *alone]), []
    unknown = set(options) - set(members) - GLOBALS
    missing = [o for o, name in members.items() if name in operation.input_shape.required_members and o not in options]
    if unknown or missing:
        fail(f"aws {service} {command}: unknown options {sorted(unknown)}, missing options {missing}")
    given = {members[o]: value(operation.input_shape.members[members[o]], v) for o, v in options.items() if o in members}
    try:
        answer = getattr(client, xform_name(names[command]))(**given)
    except ClientError as error:
        fail(error, 254)
    answer.pop("ResponseMetadata", None)
    streaming = operation.get_streaming_output() and operation.output_shape.serialization.get("payload")
    if streaming:
        (outfile,) = alone
        with open(outfile, "wb") as out:
            out.write(answer.pop(streaming).read())
    elif alone:
        fail(f"unknown words: {alone}")
    found = jmespath.search(options["--query"], answer) if "--query" in options else answer
    print(text(found) if options.get("--output") == "text" else json.dumps(found, indent=4, default=str))


if __name__ == "__main__":
    first, second, *others = sys.argv[1:]
    if (first, second) == ("s3", "sync"):
        sync(*others)
    else:
        call(first, second, others)
