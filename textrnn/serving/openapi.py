"""The OpenAPI document: what a request may hold, what an answer does, for the model that is served."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from textrnn.serving.inference_answer import output_tensors
from textrnn.serving.inference_request import NUMBER_DTYPES
from textrnn.serving.limits import Limits
from textrnn.serving.predict_request import DEFAULT_TOP, MAX_TOP
from textrnn.serving.served_model import ServedModel

JSON, PROBLEM, TEXT = "application/json", "application/problem+json", "text/plain"
Schema = dict[str, Any]


def _operation(name: str, summary: str, media_type: str = JSON) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{name}"} if media_type == JSON else {"type": "string"}
    refused = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {
        "summary": summary,
        "operation_id": name[0].lower() + name[1:],
        "responses": {
            200: {"description": summary, "content": {media_type: {"schema": schema}}},
            "default": {"description": "Refused: one line says why.", "content": {PROBLEM: refused}},
        },
    }


OPERATIONS = {
    "predict": _operation("Predictions", "The predictions of one text, of many, or of rows."),
    "health": _operation("Health", "Whether the server runs."),
    "ready": _operation("Ready", "Whether it takes requests."),
    "model": _operation("Model", "The model that is served: classes, digests, decision, metrics, card."),
    "metrics": _operation("Metrics", "What was counted, for Prometheus.", TEXT),
    "openapi": {"include_in_schema": False},
    "server": _operation("Server", "The Open Inference Protocol: the server."),
    "live": _operation("Live", "The Open Inference Protocol: whether the server runs."),
    "server_ready": _operation("ServerReady", "The Open Inference Protocol: whether it takes requests."),
    "metadata": _operation("Metadata", "The Open Inference Protocol: the model's inputs and outputs."),
    "model_ready": _operation("ModelReady", "The Open Inference Protocol: whether the model takes requests."),
    "infer": _operation("Inference", "The Open Inference Protocol: predictions as tensors."),
}


def make_document(app: FastAPI, model: ServedModel, limits: Limits) -> dict[str, Any]:
    """The document of `app` with the columns and examples of `model`."""
    document = get_openapi(title=app.title, version=app.version, routes=app.routes, description=model.name)
    document["components"] = {"schemas": _answers(model) | _protocol_answers()}
    predict, infer = request_schema(model, limits), inference_schema(model, limits)
    paths = document["paths"]
    paths["/predict"]["post"]["requestBody"] = _body(predict, model.example)
    for path, operations in paths.items():
        if path.endswith("/infer"):
            operations["post"]["requestBody"] = _body(infer, example_inference(model))
        for operation in operations.values():
            for parameter in operation.get("parameters", []):
                known = model.name if parameter["name"] == "name" else model.digest
                parameter["schema"] = {"type": "string", "enum": [known]}
                parameter["example"] = known
    return document


def _body(schema: Schema, example: Any) -> dict[str, Any]:
    return {"required": True, "content": {JSON: {"schema": schema, "example": example}}}


def _object(required: Schema, optional: Schema | None = None, *, more: bool = False) -> Schema:
    properties = {**required, **(optional or {})}
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": more,
    }


def _list(items: Schema, most: int | None = None) -> Schema:
    return {"type": "array", "items": items} | ({} if most is None else {"minItems": 1, "maxItems": most})


def request_schema(model: ServedModel, limits: Limits) -> Schema:
    """What `POST /predict` takes."""
    columns = model.columns
    text, number = {"type": ["string", "null"]}, {"type": ["number", "null"], "minimum": -1e15, "maximum": 1e15}
    category = {"type": ["string", "integer", "boolean", "null"], "maxLength": 1000}
    kinds = dict.fromkeys(columns.numeric, number) | dict.fromkeys(columns.categorical, category)
    row = _object(dict.fromkeys(columns.text, text), kinds, more=True)
    inputs: Schema = {"rows": _list(row, limits.texts)}
    if columns.text_only:
        inputs = {"text": {"type": "string"}, "texts": _list({"type": "string"}, limits.texts), **inputs}
    top = {"type": "integer", "minimum": 0, "maximum": MAX_TOP, "default": DEFAULT_TOP}
    schema = _object({}, {**inputs, "top": top, "explain": {"type": "boolean", "default": False}})
    return schema | {"oneOf": [{"required": [name]} for name in inputs]}


def _answers(model: ServedModel) -> Schema:
    label = {"type": ["string", "integer", "number", "boolean"]}
    share = {"type": "number", "minimum": 0, "maximum": 1}
    classes = _list(_object({"label": label, "probability": share}))
    about = {
        "accepted": {"type": "boolean"},
        "tokens": {"type": "integer"},
        "cut": {"type": "boolean"},
        "unknown": share,
    }
    nullable = {"type": [*label["type"], "null"]}
    said: Schema = {"label": nullable, "probability": share, **about, "classes": classes}
    kind = model.predictor.target.kind
    if kind == "multi":
        said = {"labels": {"type": ["array", "null"], "items": label}, **about, "classes": classes}
    elif kind == "number":
        said = {"value": {"type": "number"}, **about}
    prediction = _object(said, {"explanation": {"type": "object"}})
    digest = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
    text, anything = {"type": "string"}, {"type": "object"}
    problem = _object(
        {"type": text, "title": text, "status": {"type": "integer"}, "detail": text}, {"pointer": text, "error": text}
    )
    yes = {"type": "boolean"}
    known = {
        "name": text,
        "digest": digest,
        "texts_logged": yes,
        "target": text,
        "classes": _list(label),
        "columns": anything,
    }
    return {
        "Predictions": _object({"model": digest, "predictions": _list(prediction)}),
        "Health": _object({"status": text}),
        "Ready": _object({"ready": {"type": "boolean"}, "model": digest}),
        "Model": _object({**known, "decision": anything, "files": anything, "card": text}, more=True),
        "Problem": problem,
    }


def _protocol_answers() -> Schema:
    text, yes = {"type": "string"}, {"type": "boolean"}
    tensor = {"name": text, "datatype": text, "shape": _list({"type": "integer"})}
    described = _list(_object(tensor))
    return {
        "Server": _object({"name": text, "version": text, "extensions": _list(text)}),
        "Live": _object({"live": yes}),
        "ServerReady": _object({"ready": yes}),
        "ModelReady": _object({"name": text, "ready": yes}),
        "Metadata": _object(
            {"name": text, "versions": _list(text), "platform": text, "inputs": described, "outputs": described}
        ),
        "Inference": _object(
            {
                "model_name": text,
                "model_version": text,
                "outputs": _list(_object({**tensor, "data": _list({})}, {"parameters": {"type": "object"}})),
            },
            {"id": text},
        ),
    }


def inference_schema(model: ServedModel, limits: Limits) -> Schema:
    """What `POST /v2/models/NAME/infer` takes, with the data in the JSON."""
    columns = model.columns
    kinds: dict[str, Schema] = {name: {"type": ["string", "null"]} for name in columns.inputs}
    kinds |= {name: {"type": ["number", "null"], "minimum": -1e15, "maximum": 1e15} for name in columns.numeric}
    tensors = [_tensor(name, cell, name in columns.numeric, limits) for name, cell in kinds.items()]
    outputs = [each.name for each in output_tensors(model, None)]
    output = _object({"name": {"type": "string", "enum": outputs}}, {"parameters": {"type": "object"}}, more=True)
    wanted = {"type": ["array", "null"], "items": output}
    return _object(
        {"inputs": _list(tensors[0] if len(tensors) == 1 else {"anyOf": tensors}, len(tensors))},
        {"id": {"type": ["string", "null"]}, "parameters": {"type": "object"}, "outputs": wanted},
        more=True,
    )


def _tensor(name: str, cell: Schema, is_number: bool, limits: Limits) -> Schema:
    """N cells, of the shape [N] or [N, 1]; in data of the latter each may stand in a list."""
    size = {"type": "integer", "minimum": 1, "maximum": limits.texts}
    shape = {"type": "array", "minItems": 1, "maxItems": 2, "prefixItems": [size, {"const": 1}], "items": size}
    return _object(
        {
            "name": {"type": "string", "enum": [name]},
            "shape": shape,
            "datatype": {"type": "string", "enum": list(NUMBER_DTYPES) if is_number else ["BYTES"]},
            "data": _list({"anyOf": [cell, _list(cell)]}, limits.texts),
        },
        {"parameters": {"type": "object"}},
        more=True,
    )


def example_inference(model: ServedModel) -> Any:
    """A body for `POST /v2/models/NAME/infer` that this model answers."""
    row, columns = model.example_row, model.columns
    return {
        "inputs": [
            {
                "name": name,
                "shape": [1],
                "datatype": "FP64" if name in columns.numeric else "BYTES",
                "data": [row[name]],
            }
            for name in columns.inputs
        ]
    }
