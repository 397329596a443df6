"""LitServe round textrnn's predictor: what `benchmarks.serving` compares with; runs in an environment of its own."""

import sys
from typing import Any

import litserve

import textrnn


class Api(litserve.LitAPI):  # type: ignore[misc]
    def setup(self, device: str) -> None:
        self.predictor = textrnn.load(sys.argv[1])

    def decode_request(self, request):  # type: ignore[no-untyped-def]  # what it is annotated with FastAPI reads
        return list(request["texts"])

    def batch(self, inputs: list[list[str]]) -> list[str]:
        self.sizes = [len(texts) for texts in inputs]
        return [text for texts in inputs for text in texts]

    def predict(self, texts: list[str]) -> Any:
        return self.predictor.predict_proba(texts).tolist()

    def unbatch(self, output: Any) -> list[Any]:
        ends = [sum(self.sizes[: i + 1]) for i in range(len(self.sizes))]
        return [output[end - size : end] for size, end in zip(self.sizes, ends, strict=True)]

    def encode_response(self, output):  # type: ignore[no-untyped-def]
        return {"predictions": output}


if __name__ == "__main__":
    litserve.LitServer(Api(max_batch_size=16, batch_timeout=0.01), accelerator="cpu").run(
        host="127.0.0.1", port=int(sys.argv[2]), generate_client_file=False, log_level="error"
    )
