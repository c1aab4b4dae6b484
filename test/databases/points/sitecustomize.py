"""The same as points.mjs, for functions in Python: PYTHONPATH has its folder."""

import functools
import json
import os
import signal

import botocore.httpsession
import pg8000.native

folder = os.environ["POINTS"]
with open(os.path.join(folder, "order")) as file:
    order = json.load(file)
passed = os.path.join(folder, "passed-%d" % order["run"])


def pass_point(name):
    with open(passed, "a") as file:
        file.write(name + "\n")
    with open(passed) as file:
        if len(file.readlines()) != order["at"]:
            return
    os.kill(os.getpid() if order["victim"] == "function" else os.getppid(), signal.SIGKILL)


def noted(cls, method, name_of):
    original = getattr(cls, method)

    @functools.wraps(original)
    def wrapper(*args, **kwargs):
        name = name_of(*args)
        pass_point("before " + name)
        try:
            return original(*args, **kwargs)
        finally:
            pass_point("after " + name)

    setattr(cls, method, wrapper)


def operation(session, request):
    target = request.headers["X-Amz-Target"]
    return (target.decode() if isinstance(target, bytes) else target).replace("secretsmanager.", "")


noted(botocore.httpsession.URLLib3Session, "send", operation)
noted(pg8000.native.Connection, "run", lambda connection, sql: sql.split(" ")[0])
noted(pg8000.native.Connection, "__init__", lambda *args: "login")
