"""The Open Inference Protocol (`/v2`), by which KServe, Seldon, Triton's clients ask: its routes."""

from __future__ import annotations

import json
from typing import Any

from fastapi import FastAPI, Request, Response

from textrnn import __version__
from textrnn.serving.connection import CONNECTION_KEY
from textrnn.serving.inference_answer import OPTIONAL_TENSOR, output_tensors, render_inference
from textrnn.serving.inference_request import read_inference
from textrnn.serving.openapi import OPERATIONS
from textrnn.serving.problems import Problem, stopping_problem
from textrnn.serving.request_body import BINARY, JSON, read_body, require_media_type
from textrnn.serving.served_model import ServedModel
from textrnn.serving.service import Service

HEADER_LENGTH = "Inference-Header-Content-Length"
MODEL, VERSION = "/v2/models/{name}", "/v2/models/{name}/versions/{version}"


def add_inference_protocol(app: FastAPI, service: Service) -> None:
    """Add the routes."""
    _add_health(app, service)
    _add_model(app, service)
    once = OPERATIONS["infer"]

    async def infer(request: Request, name: str, version: str = "") -> Response:
        require_media_type(request, (JSON, BINARY))
        body = await read_body(request, service.limits.body_bytes)
        model = _require_model(service, name, version)
        asked = read_inference(body, _header_length(request), model.columns, service.limits)
        examples = asked.predict.examples
        found = await service.predict(
            model, examples, asked.predict.characters, explain=False, client=request.scope.get(CONNECTION_KEY)
        )
        answer, length = render_inference(model, found.predictions, asked)
        headers = {} if length is None else {HEADER_LENGTH: str(length)}
        return Response(answer, headers=headers, media_type=JSON if length is None else BINARY)

    async def infer_latest(request: Request, name: str) -> Response:
        return await infer(request, name)

    app.post(f"{MODEL}/infer", **once)(infer_latest)
    app.post(f"{VERSION}/infer", **{**once, "operation_id": "inferenceOfVersion"})(infer)


def _add_health(app: FastAPI, service: Service) -> None:
    @app.get("/v2", **OPERATIONS["server"])
    async def server() -> Response:
        return _json({"name": "textrnn", "version": __version__, "extensions": ["binary_tensor_data"]})

    @app.get("/v2/health/live", **OPERATIONS["live"])
    async def live() -> Response:
        return _json({"live": True})

    @app.get("/v2/health/ready", **OPERATIONS["server_ready"])
    async def ready() -> Response:
        if service.is_stopping:
            raise stopping_problem()
        return _json({"ready": True})


def _add_model(app: FastAPI, service: Service) -> None:
    def metadata(name: str, version: str = "") -> Response:
        model = _require_model(service, name, version)
        return _json(_describe(model))

    def ready(name: str, version: str = "") -> Response:
        model = _require_model(service, name, version)
        if service.is_stopping:
            raise stopping_problem()
        return _json({"name": model.name, "ready": True})

    @app.get(MODEL, **OPERATIONS["metadata"])
    async def latest_metadata(name: str) -> Response:
        return metadata(name)

    @app.get(VERSION, **{**OPERATIONS["metadata"], "operation_id": "metadataOfVersion"})
    async def version_metadata(name: str, version: str) -> Response:
        return metadata(name, version)

    @app.get(f"{MODEL}/ready", **OPERATIONS["model_ready"])
    async def latest_ready(name: str) -> Response:
        return ready(name)

    @app.get(f"{VERSION}/ready", **{**OPERATIONS["model_ready"], "operation_id": "modelReadyOfVersion"})
    async def version_ready(name: str, version: str) -> Response:
        return ready(name, version)


def _require_model(service: Service, name: str, version: str) -> ServedModel:
    """The model that is served, by its name and, if one is named, its version. Raises Problem (404)."""
    model = service.model
    if name != model.name:
        raise Problem(404, f"model: expected {model.name}, found another name; see /model")
    if version not in ("", model.digest):
        raise Problem(404, "version: expected the digest of the model that is served, found another; see /model")
    return model


def _describe(model: ServedModel) -> dict[str, Any]:
    numeric = model.columns.numeric
    inputs = [
        {"name": name, "datatype": "FP64" if name in numeric else "BYTES", "shape": [-1]}
        for name in model.columns.inputs
    ]
    outputs = [
        {
            "name": tensor.name,
            "datatype": tensor.datatype,
            "shape": tensor.shape if tensor.name == OPTIONAL_TENSOR else [-1, *tensor.shape[1:]],
        }
        for tensor in output_tensors(model, None)
    ]
    return {
        "name": model.name,
        "versions": [model.digest],
        "platform": "textrnn",
        "inputs": inputs,
        "outputs": outputs,
    }


def _header_length(request: Request) -> int | None:
    found = request.headers.get(HEADER_LENGTH)
    if found is None:
        return None
    if not found.isdecimal() or len(found) > 12:
        raise Problem(400, f"{HEADER_LENGTH}: expected a number of bytes, found another; send the length of the JSON")
    return int(found)


def _json(value: dict[str, Any]) -> Response:
    return Response(json.dumps(value), media_type=JSON)
