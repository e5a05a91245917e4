#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Verifies one of our envelopes with other people's software.

usage: verify-signatures.py ENVELOPE.json PUBLIC_KEY.pem

Needs `pip install securesystemslib cryptography`; checks the statement as well if `in-toto-attestation` is there, and the
JSON Schema if `jsonschema` is. Exit status: 0 if the envelope verifies and an altered one does not, else 1.
"""
import base64
import copy
import hashlib
import json
import pathlib
import sys

from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

SCHEMA = pathlib.Path(__file__).resolve().parent.parent / "schemas" / "statement.schema.json"


class Failure(Exception):
    """A check that did not come out as it should."""


def verifies(wire, key):
    """Whether securesystemslib accepts the envelope. `from_dict` changes its argument, hence the copy."""
    try:
        Envelope.from_dict(copy.deepcopy(wire)).verify([key], 1)
    except VerificationError:
        return False
    return True


def check_signature(wire, pem):
    key_id = hashlib.sha256(pem).hexdigest()
    if [signature["keyid"] for signature in wire["signatures"]] != [key_id]:
        raise Failure(f"the envelope names another key than SHA-256 of the PEM file, {key_id}")
    key = SSlibKey.from_crypto(load_pem_public_key(pem), keyid=key_id)
    if not verifies(wire, key):
        raise Failure("securesystemslib rejects the signature")
    payload = base64.b64decode(wire["payload"], validate=True)
    for index in sorted({0, len(payload) // 2, len(payload) - 1}):
        altered = bytearray(payload)
        altered[index] ^= 1
        if verifies(dict(wire, payload=base64.b64encode(altered).decode()), key):
            raise Failure(f"securesystemslib accepts a payload whose byte {index} was altered")
    return f"{key.keytype} signature accepted, altered payloads rejected", payload


def check_statement(payload):
    try:
        from google.protobuf import json_format
        from in_toto_attestation.v1 import statement_pb2
        from in_toto_attestation.v1.statement import Statement
    except ImportError:
        return "in-toto-attestation is not installed: statement not validated"
    Statement.copy_from_pb(json_format.Parse(payload, statement_pb2.Statement())).validate()
    return "in-toto accepts the statement"


def check_schema(payload):
    try:
        import jsonschema
    except ImportError:
        return "jsonschema is not installed: schema not checked"
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(payload), schema)
    return "the schema accepts the statement"


def main(arguments):
    if len(arguments) != 3:
        sys.exit(__doc__)
    wire = json.loads(pathlib.Path(arguments[1]).read_bytes())
    try:
        message, payload = check_signature(wire, pathlib.Path(arguments[2]).read_bytes())
        messages = [message, check_statement(payload), check_schema(payload)]
    except Exception as error:  # whatever goes wrong, the envelope was not shown to be good
        print(f"FAIL {arguments[1]}: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    print(f"ok {arguments[1]}: " + "; ".join(messages))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
