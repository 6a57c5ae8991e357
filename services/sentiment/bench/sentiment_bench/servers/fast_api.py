"""FastAPI with the engine and no batching: `uvicorn sentiment_bench.servers.fast_api:app`."""

from __future__ import annotations

from fastapi import FastAPI  # type: ignore[import-not-found,unused-ignore]
from pydantic import BaseModel

from sentiment_bench.servers.bench_engine import answers, load

app = FastAPI()
engine = load()


class Request(BaseModel):
    text: str


@app.get("/ready")  # type: ignore[untyped-decorator,unused-ignore]
async def ready() -> str:
    return "ready"


@app.post("/predict")  # type: ignore[untyped-decorator,unused-ignore]
async def predict(request: Request) -> dict[str, object]:
    return answers(engine, [request.text])[0]
