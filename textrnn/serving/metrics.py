"""What a server counts, as Prometheus reads it."""

from __future__ import annotations

import os

import numpy as np
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess

from textrnn.model.predictor import Predictions
from textrnn.serving.served_model import ServedModel

LATENCY_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
MULTIPROCESS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"  # where several processes add up
MAX_LABELS = 1000  # classes that are counted one by one
MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Counters of one process; with PROMETHEUS_MULTIPROC_DIR set, `text` gives the sums of all that share it."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        r = self.registry
        self.requests = Counter("textrnn_requests", "Answers by route and status.", ["route", "status"], registry=r)
        self.texts = Counter("textrnn_texts", "Texts predicted.", registry=r)
        self.tokens = Counter("textrnn_tokens", "Tokens read by the network.", registry=r)
        self.unknown = Counter("textrnn_unknown_share", "Shares of unknown words, summed over texts.", registry=r)
        self.cut = Counter("textrnn_texts_cut", "Texts that were longer than the model reads.", registry=r)
        self.abstentions = Counter("textrnn_abstentions", "Predictions that were not accepted.", registry=r)
        self.labels = Counter("textrnn_labels", "Labels given, accepted or not.", ["label"], registry=r)
        self.rejections = Counter("textrnn_rejections", "Requests refused.", ["reason"], registry=r)
        self.dropped = Counter("textrnn_dropped", "Requests whose client left before they were computed.", registry=r)
        phases = "Seconds of a request: in the queue, of its batch in the engine, in all."
        self.seconds = Histogram("textrnn_seconds", phases, ["phase"], buckets=LATENCY_BUCKETS, registry=r)
        self.in_queue, self.in_engine, self.in_all = map(self.seconds.labels, ("queue", "engine", "all"))
        self.queue_requests = Gauge(
            "textrnn_queue_requests", "Requests that wait.", registry=r, multiprocess_mode="livesum"
        )
        self.queue_tokens = Gauge(
            "textrnn_queue_tokens", "Tokens that wait or are computed.", registry=r, multiprocess_mode="livesum"
        )
        accepted = "Requests accepted and not answered yet."
        self.accepted = Gauge("textrnn_requests_accepted", accepted, registry=r, multiprocess_mode="livesum")
        self.model_loads = Counter("textrnn_model_loads", "Models loaded, or refused.", ["result"], registry=r)
        self._digest = ""
        self.model = Gauge(
            "textrnn_model", "1 for the model that is served.", ["digest"], registry=r, multiprocess_mode="livemax"
        )

    def count_predictions(self, model: ServedModel, found: Predictions) -> None:
        """Count what was predicted for N texts."""
        self.texts.inc(len(found.accepted))
        self.tokens.inc(int(found.tokens.sum()))
        self.unknown.inc(float(found.unknown.sum()))
        self.cut.inc(int(found.cut.sum()))
        self.abstentions.inc(len(found.accepted) - int(found.accepted.sum()))
        target = model.predictor.target
        if target.kind == "number" or target.outputs > MAX_LABELS:
            return
        if target.exclusive:
            counts = np.bincount(found.predictions, minlength=target.outputs)
        else:
            counts = found.predictions.sum(axis=0)
        for place in np.flatnonzero(counts).tolist():
            self.labels.labels(target.names[place]).inc(int(counts[place]))

    def set_model(self, digest: str) -> None:
        """Say which model is served now."""
        if self._digest and MULTIPROCESS_VARIABLE in os.environ:
            self.model.labels(self._digest).set(0)  # what several processes share cannot be removed
        elif self._digest:
            self.model.remove(self._digest)
        self._digest = digest
        self.model.labels(digest).set(1)

    def text(self) -> bytes:
        """All of it in Prometheus' text format."""
        if MULTIPROCESS_VARIABLE not in os.environ:
            return generate_latest(self.registry)
        merged = CollectorRegistry()
        multiprocess.MultiProcessCollector(merged)  # type: ignore[no-untyped-call]
        return generate_latest(merged)
