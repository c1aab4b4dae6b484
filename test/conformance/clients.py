"""Calls Secrets Manager through boto3 and the AWS CLI as it is told, a JSON line each; answers in JSON lines."""

import base64
import contextlib
import datetime
import io
import json
import os
import sys

import boto3
from awscli.clidriver import create_clidriver
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError

client = boto3.client("secretsmanager", config=Config(retries={"total_max_attempts": 1}))


def plain(value):
    if isinstance(value, datetime.datetime):
        return value.timestamp()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(type(value))


def with_boto3(operation, request):
    if "SecretBinary" in request:
        request["SecretBinary"] = base64.b64decode(request["SecretBinary"])
    try:
        answer = getattr(client, xform_name(operation))(**request)
    except ClientError as error:
        return {"error": {"code": error.response["Error"]["Code"], "message": error.response["Error"]["Message"]}}
    del answer["ResponseMetadata"]
    return {"answer": answer}


def with_cli(arguments):
    out, err = io.StringIO(), io.StringIO()
    out.buffer = err.buffer = None
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = create_clidriver().main(["secretsmanager", *arguments])
        except SystemExit as ended:
            code = ended.code
    return {"code": code, "stdout": out.getvalue(), "stderr": err.getvalue()}


for line in sys.stdin:
    order = json.loads(line)
    try:
        if order["client"] == "boto3":
            result = with_boto3(order["operation"], order["request"])
        else:
            result = with_cli(order["arguments"])
    except Exception as error:  # reported to the test, which then fails
        result = {"failure": f"{type(error).__name__}: {error}"}
    print(json.dumps(result, default=plain), flush=True)
