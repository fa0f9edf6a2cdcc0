"""What Twilio publishes of its REST API, as far as we use it: requests and answers are held to it.

`twilio_api.json` beside this file is made of the OpenAPI document that the npm package
@twilio/cli-core ships (`src/services/twilio-api/twilio_api_v2010.json`), wording left out:

    npm pack @twilio/cli-core && tar xzf twilio-cli-core-*.tgz
    python tests/channels/telephony/twilio/contract.py package
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from jsonschema import Draft202012Validator

KEPT = Path(__file__).with_name("twilio_api.json")
ROOT = "/2010-04-01/Accounts"
USED = {
    f"{ROOT}/{{Sid}}.json": ("get",),
    f"{ROOT}/{{AccountSid}}/Calls.json": ("get", "post"),
    f"{ROOT}/{{AccountSid}}/Calls/{{Sid}}.json": ("get", "post"),
    f"{ROOT}/{{AccountSid}}/Calls/{{CallSid}}/Notifications.json": ("get",),
    f"{ROOT}/{{AccountSid}}/Calls/{{CallSid}}/Recordings.json": ("post",),
    f"{ROOT}/{{AccountSid}}/Calls/{{CallSid}}/Recordings/{{Sid}}.json": ("post",),
    f"{ROOT}/{{AccountSid}}/Recordings/{{Sid}}.json": ("get", "delete"),
    f"{ROOT}/{{AccountSid}}/IncomingPhoneNumbers.json": ("get",),
    f"{ROOT}/{{AccountSid}}/IncomingPhoneNumbers/{{Sid}}.json": ("post",),
}
_NUMBER = re.compile(r"\+[1-9]\d{6,14}")


@dataclass(frozen=True)
class Operation:
    """One method of one address."""

    path: str
    method: str
    told: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.method.upper()} {self.path}"

    def wrong_request(self, named: dict[str, str], query: str, body: str) -> list[str]:
        """What of a request Twilio's document does not allow."""
        given = {
            "path": {key: [text] for key, text in named.items()},
            "query": parse_qs(query, keep_blank_values=True),
            "body": parse_qs(body, keep_blank_values=True),
        }
        wrong = []
        for where, fields in given.items():
            schemas, required = self.told[where]["properties"], self.told[where]["required"]
            values = {key: _typed(schemas.get(key, {}), texts) for key, texts in fields.items()}
            whole = {
                "type": "object",
                "properties": schemas,
                "required": required,
                "additionalProperties": False,
            }
            wrong += [
                f"{where}: {e.message}" for e in Draft202012Validator(whole).iter_errors(values)
            ]
            wrong += [
                f"{where}: {key} «{value}» is no E.164 number"
                for key, value in values.items()
                if schemas.get(key, {}).get("format") in ("endpoint", "phone-number")
                and not _NUMBER.fullmatch(str(value))
            ]
        return wrong

    def wrong_answer(self, status: int, body: bytes) -> list[str]:
        """What of an answer differs from Twilio's document; refusals have a form of their own."""
        if status >= 400:
            return []
        if str(status) not in self.told["answers"]:
            return [f"status {status} is none of {sorted(self.told['answers'])}"]
        schema = self.told["answers"][str(status)]
        found = json.loads(body) if schema else None
        return (
            [e.message for e in Draft202012Validator(schema).iter_errors(found)] if schema else []
        )


def _typed(schema: dict[str, Any], texts: list[str]) -> Any:
    """A form's text as the type that is wanted; what is none stays text, and is wrong."""
    kind = schema.get("type")
    if kind == "array":
        return texts
    text = texts[0]
    if kind == "integer" and re.fullmatch(r"-?\d+", text):
        return int(text)
    if kind == "boolean" and text.lower() in ("true", "false"):
        return text.lower() == "true"
    return text


def operations() -> list[Operation]:
    kept = json.loads(KEPT.read_text("utf-8"))
    return [Operation(o["address"], o["method"], o) for o in kept["operations"]]


def find(method: str, path: str, known: list[Operation]) -> tuple[Operation, dict[str, str]] | None:
    """The operation that a request means, and the names in its path."""
    for one in sorted(known, key=lambda o: o.path.count("{")):
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+?)", re.escape(one.path))
        found = re.fullmatch(pattern, path)
        if found and one.method == method.lower():
            return one, found.groupdict()
    return None


# Making the file


def _bare(schema: Any, schemas: dict[str, Any]) -> Any:
    """A schema by itself: references filled in, words and extensions left out, null as a type."""
    if isinstance(schema, list):
        return [_bare(one, schemas) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _bare(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    dropped = ("description", "title", "example", "examples", "nullable", "default")
    found = {
        key: {name: _bare(one, schemas) for name, one in value.items()}
        if key == "properties"
        else _bare(value, schemas)
        for key, value in schema.items()
        if key not in dropped and not key.startswith("x-")
    }
    if schema.get("nullable") and "type" in found:
        found["type"] = [found["type"], "null"]
        if "enum" in found:
            found["enum"] = [*found["enum"], None]
    return found


def _operation(
    path: str, method: str, told: dict[str, Any], schemas: dict[str, Any]
) -> dict[str, Any]:
    places: dict[str, Any] = {
        where: {"properties": {}, "required": []} for where in ("path", "query", "body")
    }
    for one in told.get("parameters", ()):
        places[one["in"]]["properties"][one["name"]] = _bare(one["schema"], schemas)
        if one.get("required"):
            places[one["in"]]["required"].append(one["name"])
    for content in told.get("requestBody", {}).get("content", {}).values():
        schema = _bare(content["schema"], schemas)
        places["body"]["properties"] |= schema.get("properties", {})
        places["body"]["required"] += schema.get("required", [])
    answers, examples = {}, {}
    for status, answer in told["responses"].items():
        for content in answer.get("content", {"": {}}).values():
            answers[status] = _bare(content.get("schema", {}), schemas)
            shown = list(content.get("examples", {}).values())
            examples[status] = shown[0].get("value") if shown else None
    return {"address": path, "method": method, **places, "answers": answers, "examples": examples}


def make(package: Path) -> dict[str, Any]:
    """The contract out of an unpacked package."""
    version = json.loads((package / "package.json").read_text("utf-8"))["version"]
    folder = package / "src" / "services" / "twilio-api"
    document = json.loads((folder / "twilio_api_v2010.json").read_text("utf-8"))
    schemas = document["components"]["schemas"]
    found = [
        _operation(path, method, document["paths"][path][method], schemas)
        for path, methods in USED.items()
        for method in methods
    ]
    return {"package": f"@twilio/cli-core {version}", "operations": found}


if __name__ == "__main__":
    made = make(Path(sys.argv[1]))
    KEPT.write_text(json.dumps(made, indent=1, sort_keys=True) + "\n", "utf-8")
    print(f"{len(made['operations'])} operations of {made['package']}")
