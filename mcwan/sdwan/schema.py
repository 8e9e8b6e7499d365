"""The JSON Schema of the plain form."""

import json

from mcwan.sdwan.form import Form


def schema() -> str:
    """Give the JSON Schema of what `mcwan sdwan --target json` prints, as text."""
    found = Form.model_json_schema(by_alias=True, mode="serialization")
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return (
        json.dumps(dialect | found | {"title": "The SD-WAN's side of a stack of mcwan"}, indent=2, sort_keys=True)
        + "\n"
    )
