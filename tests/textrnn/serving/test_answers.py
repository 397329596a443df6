"""What a server answers: the predictions of Python, by each protocol."""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from odd_texts import any_text
from served import MODEL, Server, start

import textrnn

TEXTS = ["The soup was good.", "not good, so dull", "", "good \ud800 \0 soup", "\ufeffgood", "so dull " * 100]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with start(
        tmp_path_factory.mktemp("server"), origins=["https://example.org"], hosts=["films.example.org"]
    ) as found:
        yield found


@pytest.fixture(scope="module")
def predictor() -> Any:
    return textrnn.load(MODEL)


def odd_texts(count: int) -> list[str]:
    source = random.Random(7)
    return TEXTS + [any_text(source, ["good", "dull", "soup", "not"]) for _ in range(count)]


def probabilities(answer: Any, classes: list[str]) -> np.ndarray[Any, Any]:
    rows = [{one["label"]: one["probability"] for one in each["classes"]} for each in answer.json["predictions"]]
    return np.array([[row[name] for name in classes] for row in rows])


def test_python_and_http_agree_on_odd_texts(server: Server, predictor: Any) -> None:
    texts = odd_texts(400)
    expected, classes = predictor.predict_proba(texts), predictor.classes_.tolist()
    answer = server.predict(texts=texts)
    assert answer.status == 200
    assert np.abs(probabilities(answer, classes) - expected).max() < 1e-5
    assert [each["label"] for each in answer.json["predictions"]] == predictor.predict(texts).tolist()
    found = predictor.predictor.predict_examples(texts)
    assert [each["tokens"] for each in answer.json["predictions"]] == found.tokens.tolist()
    assert [each["cut"] for each in answer.json["predictions"]] == found.cut.tolist()
    assert [each["unknown"] for each in answer.json["predictions"]] == found.unknown.round(4).tolist()
    assert all(each["accepted"] for each in answer.json["predictions"])


def test_python_and_open_inference_agree_in_json_and_in_bytes(server: Server, predictor: Any) -> None:
    texts = [text for text in odd_texts(200) if "\ud800" not in text]
    expected = predictor.predict_proba(texts)
    tensor = {"name": "text", "datatype": "BYTES", "shape": [len(texts)]}
    path = f"/v2/models/{MODEL.name}/infer"
    by_json = server.post(path, {"id": "7", "inputs": [{**tensor, "data": texts}]}).json
    outputs = {each["name"]: each for each in by_json["outputs"]}
    assert by_json["id"] == "7"
    assert np.abs(np.reshape(outputs["probabilities"]["data"], (-1, 2)) - expected).max() < 1e-12
    assert outputs["label"]["data"] == predictor.predict(texts).tolist()

    data = b"".join(struct.pack("<I", len(text.encode())) + text.encode() for text in texts)
    described = {**tensor, "shape": [len(texts), 1], "parameters": {"binary_data_size": len(data)}}
    wanted = [{"name": "probabilities", "parameters": {"binary_data": True}}, {"name": "classes"}]
    head = json.dumps({"inputs": [described], "outputs": wanted}).encode()
    answer = server.post(path, head + data, inference_header_content_length=str(len(head)))
    length = int(answer.headers["inference-header-content-length"])
    content = json.loads(answer.body[:length])
    assert content["outputs"][1]["data"] == ["bad", "good"]
    assert content["model_version"] == server.get("/ready").json["model"]
    assert np.abs(np.frombuffer(answer.body[length:]).reshape(-1, 2) - expected).max() < 1e-12


def test_a_client_of_triton_asks_it(server: Server, predictor: Any) -> None:
    """NVIDIA's own, whose tensors are bytes unless told otherwise."""
    client = pytest.importorskip("tritonclient.http", reason="needs tritonclient[http]; .ci/run installs it")
    texts = ["The soup was good.", "so dull", "Ünïcödé \u2028"]
    with client.InferenceServerClient(f"127.0.0.1:{server.port}") as asking:
        assert asking.is_server_live()
        assert asking.is_server_ready()
        assert asking.is_model_ready(MODEL.name)
        assert asking.get_model_metadata(MODEL.name)["inputs"][0]["name"] == "text"
        tensor = client.InferInput("text", [len(texts)], "BYTES")
        for binary in (True, False):
            tensor.set_data_from_numpy(np.array(texts, dtype=object), binary_data=binary)
            found = asking.infer(MODEL.name, [tensor])
            assert np.abs(found.as_numpy("probabilities") - predictor.predict_proba(texts)).max() < 1e-12
            assert [label.decode() for label in found.as_numpy("label")] == predictor.predict(texts).tolist()
        with pytest.raises(client.InferenceServerException, match="expected model-6, found another name"):
            asking.infer("other", [tensor])


def test_one_text_rows_and_the_number_of_classes(server: Server) -> None:
    one = server.predict(text="good soup", top=1).json["predictions"]
    rows = server.predict(rows=[{"text": "good soup", "other": 3}], top=1).json["predictions"]
    assert one == rows
    assert len(one[0]["classes"]) == 1
    assert server.predict(text="x", top=0).json["predictions"][0]["classes"] == []
    assert server.predict(rows=[{"text": None}]).json["predictions"] == server.predict(text="").json["predictions"]


def test_an_explanation_is_that_of_python(server: Server, predictor: Any) -> None:
    text = "The soup was not good."
    found = server.predict(text=text, explain=True).json["predictions"][0]["explanation"]
    expected = json.loads(json.dumps(predictor.explain([text])[0].to_json()))
    assert found["words"] == expected["words"]
    assert found["difference"] == pytest.approx(expected["difference"])


def test_the_model_is_described(server: Server) -> None:
    about = server.get("/model").json
    assert about["classes"] == ["bad", "good"]
    assert about["texts_logged"] is False
    assert about["digest"] == server.get("/ready").json["model"] == server.predict(text="x").json["model"]
    assert about["card"].startswith("# ") or "card" in about
    assert server.get("/health").json == {"status": "ok"}
    assert server.get("/v2/health/live").json == {"live": True}
    metadata = server.get(f"/v2/models/{MODEL.name}").json
    assert metadata["versions"] == [about["digest"]]
    assert server.get(f"/v2/models/{MODEL.name}/versions/{about['digest']}/ready").json["ready"]
    assert server.get(f"/v2/models/{MODEL.name}/versions/1").status == 404
    assert "error" in server.get("/v2/models/other").json


def test_the_examples_of_the_openapi_document_work(server: Server) -> None:
    document = server.get("/openapi.json").json
    asked = 0
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            place = path
            for parameter in operation.get("parameters", []):
                place = place.replace("{" + parameter["name"] + "}", parameter["example"])
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
            answer = server.post(place, body) if method == "post" else server.get(place)
            assert answer.status == 200, (place, answer.body)
            asked += 1
    assert asked >= 12


def test_metrics_count(server: Server) -> None:
    def value(name: str) -> float:
        lines = server.get("/metrics").body.decode().splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))

    before = value("textrnn_texts_total"), value("textrnn_labels_total"), value("textrnn_rejections_total")
    server.predict(texts=["good", "dull", "soup"])
    server.predict(texts=3)
    after = value("textrnn_texts_total"), value("textrnn_labels_total"), value("textrnn_rejections_total")
    assert np.subtract(after, before).tolist() == [3, 3, 1]
    assert value("textrnn_seconds_count") > 0
    assert value('textrnn_requests_total{route="/predict",status="422"}') >= 1


SECRET = "sentinel"
WRONG: dict[str, tuple[bytes, int]] = {
    "nothing": (b"", 400),
    "no JSON": (b"{" + SECRET.encode(), 400),
    "bytes": (bytes(range(128, 256)), 400),
    "UTF-16": (json.dumps({"text": SECRET}).encode("utf-16"), 400),
    "NaN": (b'{"text": NaN}', 400),
    "a key twice": (b'{"text": "sentinel", "text": "b"}', 400),
    "deep": (b'{"text": ' + b"[" * 100_000, 400),
    "deep and whole": (b"[" * 5000 + b"]" * 5000, 400),
    "a long number": (b'{"top": ' + b"9" * 5000 + b"}", 400),
    "a list": (b'["sentinel"]', 422),
    "null": (b"null", 422),
    "nothing to predict": (b"{}", 422),
    "two inputs": (b'{"text": "sentinel", "texts": []}', 422),
    "another key": (b'{"text": "a", "sentinel": 1}', 422),
    "a number for a text": (b'{"text": 31415926}', 422),
    "no texts": (b'{"texts": []}', 422),
    "a text in an object": (b'{"texts": [{"text": "sentinel"}]}', 422),
    "rows without the column": (b'{"rows": [{"sentinel": "a"}]}', 422),
    "a row of numbers": (b'{"rows": [31415926]}', 422),
    "a cell of a wrong type": (b'{"rows": [{"text": ["sentinel"]}]}', 422),
    "top below": (b'{"text": "a", "top": -1}', 422),
    "top as a truth": (b'{"text": "a", "top": true}', 422),
    "top as a string": (b'{"text": "a", "top": "sentinel"}', 422),
    "explain as a number": (b'{"text": "a", "explain": 1}', 422),
    "too many texts": (json.dumps({"texts": [""] * 1025}).encode(), 413),
    "too many characters": (json.dumps({"text": "a" * 1_000_001}).encode(), 413),
    "too many to explain": (json.dumps({"texts": ["a"] * 17, "explain": True}).encode(), 413),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_wrong_is_refused_in_one_line_without_being_repeated(server: Server, kind: str) -> None:
    body, status = WRONG[kind]
    answer = server.post("/predict", body)
    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json
    assert problem["status"] == status
    assert ": expected " in problem["detail"]
    assert ", found " in problem["detail"]
    assert "; " in problem["detail"]
    assert SECRET not in answer.body.decode()
    assert "31415926" not in answer.body.decode()


def inference(**changed: Any) -> bytes:
    return json.dumps(
        {"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": ["a"], **changed}]}
    ).encode()


WRONG_TENSORS = {
    "no inputs": b"{}",
    "inputs as a number": b'{"inputs": 3}',
    "no tensor": b'{"inputs": []}',
    "a tensor without a name": b'{"inputs": [{}]}',
    "another tensor": inference(name=SECRET),
    "another datatype": inference(datatype="FP32"),
    "another shape": inference(shape=[2]),
    "a shape of three": inference(shape=[1, 1, 1]),
    "a shape below": inference(shape=[-1]),
    "no data": inference(data=None),
    "deep data": inference(data=[[[SECRET]]]),
    "numbers": inference(data=[31415926]),
    "bytes that are not there": inference(data=None, parameters={"binary_data_size": 10}),
    "parameters as a list": inference(parameters=[1]),
    "another output": json.dumps({**json.loads(inference()), "outputs": [{"name": SECRET}]}).encode(),
    "outputs as a string": json.dumps({**json.loads(inference()), "outputs": SECRET}).encode(),
}


@pytest.mark.parametrize("kind", WRONG_TENSORS)
def test_tensors_that_are_wrong_are_refused(server: Server, kind: str) -> None:
    answer = server.post(f"/v2/models/{MODEL.name}/infer", WRONG_TENSORS[kind])
    assert answer.status in (400, 422)
    assert SECRET not in answer.body.decode()
    assert "31415926" not in answer.body.decode()
    assert answer.json["error"] == answer.json["detail"]


def test_binary_strings_that_end_too_early_are_refused(server: Server) -> None:
    for data in (b"\x05\0\0\0abc", b"\x01", b"\x02\0\0\0\xff\xff"):
        head = inference(parameters={"binary_data_size": len(data)})
        answer = server.post(
            f"/v2/models/{MODEL.name}/infer", head + data, inference_header_content_length=str(len(head))
        )
        assert answer.status == 400
    for length in ("-1", "x", "99999", "9" * 30):
        answer = server.post(f"/v2/models/{MODEL.name}/infer", inference(), inference_header_content_length=length)
        assert answer.status == 400


def test_the_page_runs_no_script_but_its_own(server: Server) -> None:
    page = server.get("/")
    assert page.status == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for path in ("/page.js", "/style.css"):
        assert server.get(path).status == 200, path
    assert server.get("/bundle.py").status == 404


def test_types_encodings_methods_and_paths(server: Server) -> None:
    assert server.post("/predict", {"text": "a"}, content_type="text/plain").status == 415
    assert server.post("/predict", {"text": "a"}, content_type="application/json; charset=utf-8").status == 200
    assert server.post("/predict", {"text": "a"}, content_encoding="gzip").status == 415
    assert server.get("/predict").headers["allow"] == "POST"
    assert server.get("/predict").status == 405
    for path in ("/nothing", "/predict/", "//predict", "/..%2f..%2fetc/passwd", "/v2/models", "/docs"):
        assert server.get(path).status == 404, path


def test_who_may_ask(server: Server) -> None:
    for host in ("evil.example.org", "127.0.0.1.example.org", "", "films.example.org.evil"):
        assert server.get("/health", host=host).status == 421, host
    for host in ("localhost", "LOCALHOST:80", "127.0.0.1", "[::1]:8000", "10.0.0.7:8000", "films.example.org"):
        assert server.get("/health", host=host).status == 200, host
    assert server.post("/predict", {"text": "a"}, origin="https://evil.example.org").status == 403
    assert server.post("/predict", {"text": "a"}, origin="null").status == 403
    answer = server.post("/predict", {"text": "a"}, origin="https://example.org")
    assert answer.headers["access-control-allow-origin"] == "https://example.org"
    own = server.post("/predict", {"text": "a"}, origin=f"http://127.0.0.1:{server.port}")
    assert own.status == 200
    assert "access-control-allow-origin" not in own.headers
    assert server.ask("OPTIONS", "/predict", origin="https://example.org").status == 204
    assert server.ask("OPTIONS", "/predict", origin="https://evil.example.org").status == 403


def test_nothing_is_logged(server: Server) -> None:
    server.predict(text="a secret text")
    assert server.log.read_text() == ""
