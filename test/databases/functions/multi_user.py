"""Rotates between two PostgreSQL users: the one that the secret has not now gets a new password, set by a superuser.

The secret is a JSON object with the keys engine, host, username, password, masterarn and, optionally, port, dbname and ssl.
masterarn is the ARN of the superuser's secret.
"""

import json
import logging
import os
import ssl

import boto3
from pg8000.exceptions import DatabaseError, InterfaceError
from pg8000.native import Connection, identifier, literal

logger = logging.getLogger()
logger.setLevel(logging.INFO)

CLONE_SUFFIX = "_clone"


def lambda_handler(event, context):
    arn = event["SecretId"]
    token = event["ClientRequestToken"]
    step = event["Step"]
    service_client = boto3.client("secretsmanager", endpoint_url=os.environ["SECRETS_MANAGER_ENDPOINT"])

    metadata = service_client.describe_secret(SecretId=arn)
    if "RotationEnabled" in metadata and not metadata["RotationEnabled"]:
        raise ValueError("Secret %s is not enabled for rotation" % arn)
    versions = metadata["VersionIdsToStages"]
    if token not in versions:
        raise ValueError("Secret version %s has no stage for rotation of secret %s." % (token, arn))
    if "AWSCURRENT" in versions[token]:
        logger.info("Secret version %s already set as AWSCURRENT for secret %s.", token, arn)
        return
    if "AWSPENDING" not in versions[token]:
        raise ValueError("Secret version %s not set as AWSPENDING for rotation of secret %s." % (token, arn))

    if step == "createSecret":
        create_secret(service_client, arn, token)
    elif step == "setSecret":
        set_secret(service_client, arn, token)
    elif step == "testSecret":
        test_secret(service_client, arn, token)
    elif step == "finishSecret":
        finish_secret(service_client, arn, token)
    else:
        raise ValueError("lambda_handler: Invalid step parameter %s for secret %s" % (step, arn))


def create_secret(service_client, arn, token):
    """Stores the other user with a new password as AWSPENDING, unless an earlier attempt has."""
    current_dict = get_secret_dict(service_client, arn, "AWSCURRENT")
    try:
        get_secret_dict(service_client, arn, "AWSPENDING", token)
        logger.info("createSecret: Successfully retrieved secret for %s.", arn)
    except service_client.exceptions.ResourceNotFoundException:
        current_dict["username"] = get_alt_username(current_dict["username"])
        exclude_characters = os.environ.get("EXCLUDE_CHARACTERS", ":/@\"'\\")
        passwd = service_client.get_random_password(ExcludeCharacters=exclude_characters)
        current_dict["password"] = passwd["RandomPassword"]
        service_client.put_secret_value(
            SecretId=arn,
            ClientRequestToken=token,
            SecretString=json.dumps(current_dict),
            VersionStages=["AWSPENDING"],
        )
        logger.info("createSecret: Successfully put secret for ARN %s and version %s.", arn, token)


def set_secret(service_client, arn, token):
    """Gives the other user the AWSPENDING password, unless an earlier attempt has. Creates the user the first time."""
    current_dict = get_secret_dict(service_client, arn, "AWSCURRENT")
    pending_dict = get_secret_dict(service_client, arn, "AWSPENDING", token)

    conn = get_connection(pending_dict)
    if conn:
        conn.close()
        logger.info("setSecret: AWSPENDING secret is already set as password in PostgreSQL DB for secret arn %s.", arn)
        return

    if get_alt_username(current_dict["username"]) != pending_dict["username"]:
        raise ValueError("Attempting to modify another user than the alternate one of the current secret")
    if current_dict["host"] != pending_dict["host"]:
        raise ValueError("Attempting to modify another host than that of the current secret")

    # without this, whoever may write the secret could have a superuser create any user
    conn = get_connection(current_dict)
    if not conn:
        raise ValueError("Unable to log into database using current credentials for secret %s" % arn)
    conn.close()

    master_arn = current_dict["masterarn"]
    master_dict = get_secret_dict(service_client, master_arn, "AWSCURRENT", None, True)
    if current_dict["host"] != master_dict["host"]:
        raise ValueError("Current database host %s is not the same as that of master" % current_dict["host"])
    conn = get_connection(master_dict)
    if not conn:
        raise ValueError("Unable to log into database using credentials in master secret %s" % master_arn)

    try:
        user, password = identifier(pending_dict["username"]), literal(pending_dict["password"])
        if conn.run("SELECT 1 FROM pg_roles WHERE rolname = :name", name=pending_dict["username"]):
            conn.run("ALTER USER %s WITH PASSWORD %s" % (user, password))
        else:
            conn.run("BEGIN")
            conn.run("CREATE USER %s WITH PASSWORD %s" % (user, password))
            conn.run("GRANT %s TO %s" % (identifier(current_dict["username"]), user))
            conn.run("COMMIT")
        logger.info("setSecret: Successfully set password for user in PostgreSQL DB for secret arn %s.", arn)
    finally:
        conn.close()


def test_secret(service_client, arn, token):
    """Logs in with the AWSPENDING secret."""
    conn = get_connection(get_secret_dict(service_client, arn, "AWSPENDING", token))
    if not conn:
        raise ValueError("Unable to log into database with pending secret of secret ARN %s" % arn)
    try:
        conn.run("SELECT NOW()")
        logger.info("testSecret: Successfully signed into PostgreSQL DB with AWSPENDING secret in %s.", arn)
    finally:
        conn.close()


def finish_secret(service_client, arn, token):
    """Moves AWSCURRENT to the new version."""
    metadata = service_client.describe_secret(SecretId=arn)
    current_version = None
    for version in metadata["VersionIdsToStages"]:
        if "AWSCURRENT" in metadata["VersionIdsToStages"][version]:
            if version == token:
                logger.info("finishSecret: Version %s already marked as AWSCURRENT for %s", version, arn)
                return
            current_version = version
            break
    service_client.update_secret_version_stage(
        SecretId=arn, VersionStage="AWSCURRENT", MoveToVersionId=token, RemoveFromVersionId=current_version
    )
    logger.info("finishSecret: Successfully set AWSCURRENT stage to version %s for secret %s.", token, arn)


def get_connection(secret_dict):
    """Returns a connection, or None if the database refuses the password or cannot be reached."""
    try:
        return Connection(
            secret_dict["username"],
            host=secret_dict["host"],
            port=int(secret_dict.get("port", 5432)),
            database=secret_dict.get("dbname", "postgres"),
            password=secret_dict["password"],
            ssl_context=ssl.create_default_context() if secret_dict.get("ssl") else None,
            timeout=5,
        )
    except (DatabaseError, InterfaceError):
        return None


def get_alt_username(username):
    return username[: -len(CLONE_SUFFIX)] if username.endswith(CLONE_SUFFIX) else username + CLONE_SUFFIX


def get_secret_dict(service_client, arn, stage, token=None, master_secret=False):
    """Returns the secret's value. Raises KeyError if a key that each secret needs is missing."""
    version = {"VersionId": token} if token else {}
    secret = service_client.get_secret_value(SecretId=arn, VersionStage=stage, **version)
    secret_dict = json.loads(secret["SecretString"])
    if secret_dict.get("engine") != "postgres":
        raise KeyError("Database engine must be set to 'postgres' in order to use this rotation lambda")
    for field in ("host", "username", "password") + (() if master_secret else ("masterarn",)):
        if field not in secret_dict:
            raise KeyError("%s key is missing from secret JSON" % field)
    return secret_dict
