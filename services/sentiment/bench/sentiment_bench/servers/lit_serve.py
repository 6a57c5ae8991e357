"""LitServe with batching: `python -m sentiment_bench.servers.lit_serve PORT`."""

import sys

import litserve  # type: ignore[import-not-found,unused-ignore]
from fastapi import Request  # type: ignore[import-not-found,unused-ignore]

from sentiment_bench.servers.bench_engine import answers, load


class Api(litserve.LitAPI):  # type: ignore[misc,unused-ignore]
    def setup(self, device: str) -> None:  # noqa: ARG002  LitServe's signature
        self.engine = load()

    def decode_request(self, request: Request) -> str:
        # LitServe reads the annotation and passes what the JSON says.
        return str(request["text"])

    def predict(self, texts: list[str]) -> list[dict[str, object]]:
        return answers(self.engine, texts)

    def unbatch(self, output: list[dict[str, object]]) -> list[dict[str, object]]:
        return output

    def encode_response(self, output: dict[str, object]) -> dict[str, object]:
        return output


if __name__ == "__main__":
    server = litserve.LitServer(Api(max_batch_size=64, batch_timeout=0.005), accelerator="cpu", workers_per_device=1)
    server.run(host="127.0.0.1", port=int(sys.argv[1]), generate_client_file=False, log_level="warning")
