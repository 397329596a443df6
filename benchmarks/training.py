"""Training steps: ours beside others, batch sizes beside one another, encoders beside one another."""

from __future__ import annotations

from typing import Any

from benchmarks.flops import training_flops
from benchmarks.interleave import Way, interleave
from benchmarks.session import REVIEWS, TEXTRNN, Program, Session
from benchmarks.sizes import WIDTH

KEPT = Program("torch", "torch_")
FLUSHED = Program("torch", "torch_", ("--flush",))
LIKE_OURS = Program("torch", "torch_", ("--flush", "--keep"))
KERAS = Program("keras", "keras_")
FLAIR = Program("flair", "flair_")
CEILING = "matrix product"
LSTM_FLOPS = training_flops("lstm", WIDTH, WIDTH)


def training(session: Session) -> dict[str, Any]:
    """Real tokens a second of training steps, ours and everyone's, and the share of a matrix product."""
    _prepare(session)
    if session.device == "cuda":
        return _training_on_gpu(session)
    about = (
        f"Whole steps: embedding, BiLSTM {WIDTH} + {WIDTH}, pooling, head, loss, backward, optimizer; batch "
        f"{session.size.batch}, no dropout. Only real tokens count, whatever a way pads. Of the matrix product: as if "
        "every token's product with the input weights were made, which ours makes once for each different token."
    )
    return with_ceiling(interleave(session, _ways(session), session.repeats or 5), about)


def _ways(session: Session) -> list[Way]:
    """Ours and everyone's on a processor, with the matrix product that bounds them."""
    size, precision = session.size, session.precision
    given = {"rows": REVIEWS, "batch": size.batch}
    steps, exact = {"do": "steps", **given}, {"do": "packed_steps", **given}
    less = {"batch": min(8, size.batch)}
    return [
        Way("textrnn", TEXTRNN, {**steps, "precision": precision}, flops=LSTM_FLOPS),
        Way(
            "textrnn, without its part in C",
            TEXTRNN,
            {**steps, "precision": precision, "native": False},
            flops=LSTM_FLOPS,
            note="torch's LSTM and AdamW: where it is not built, or the processor lacks what it needs",
        ),
        Way(
            "nn.LSTM packed, as tutorials write it",
            KEPT,
            {**exact, "count": size.slowest_steps},
            warm=less,
            flops=LSTM_FLOPS,
            note="float32; order by chance, subnormals kept",
        ),
        Way(
            "nn.LSTM packed, subnormals flushed",
            FLUSHED,
            {**exact, "count": size.slow_steps},
            warm=less,
            flops=LSTM_FLOPS,
            note="float32; order by chance",
        ),
        Way(
            "nn.LSTM padded, subnormals flushed",
            LIKE_OURS,
            {"do": "padded_steps", **given, "precision": precision},
            flops=LSTM_FLOPS,
            note="inexact: reads the padding; our batches, our allocator settings, fused AdamW",
        ),
        *_keras_and_flair(session),
        product_of(session),
    ]


def _keras_and_flair(session: Session) -> list[Way]:
    """The libraries that bring a training loop of their own."""
    size, given = session.size, {"rows": REVIEWS, "batch": session.size.batch}
    steps, less = {"do": "steps", **given}, {"batch": min(8, size.batch)}
    return [
        Way(
            f"Keras, padded to {size.longest}",
            KERAS,
            {**steps, "count": size.slow_steps, "longest": size.longest},
            flops=LSTM_FLOPS,
            note="float32; inexact: no mask, as in its example",
        ),
        Way(
            "Keras, on our batches",
            KERAS,
            {"do": "sorted_steps", **given},
            flops=LSTM_FLOPS,
            note="float32; inexact; padded to multiples of 50",
        ),
        Way(
            "Flair",
            FLAIR,
            {**steps, "count": size.slowest_steps},
            warm=less,
            flops=LSTM_FLOPS,
            note="float32; sentences made before; SGD",
        ),
    ]


def _training_on_gpu(session: Session) -> dict[str, Any]:
    """`training`, on a GPU: ours, ours with one part left out, and torch's own."""
    size, precision = session.size, session.precision
    given = {"rows": REVIEWS, "batch": size.batch, "device": session.device}
    steps = {"do": "steps", **given, "precision": precision}
    packed = {"do": "packed_steps", **given, "count": size.steps}
    by_cudnn = Way(
        "textrnn, cuDNN's LSTM",
        TEXTRNN,
        {**steps, "fused": False},
        flops=LSTM_FLOPS,
        note="dense, in float32; by graphs",
    )
    ways = [
        Way("textrnn", TEXTRNN, steps, flops=LSTM_FLOPS),
        Way("textrnn, each kernel launched", TEXTRNN, {**steps, "graphs": False}, flops=LSTM_FLOPS, note="no graphs"),
        *([by_cudnn] if precision == "bfloat16" else []),  # in float32 it is ours
        Way(
            "nn.LSTM packed, as tutorials write it",
            KEPT,
            packed,
            flops=LSTM_FLOPS,
            note="float32, with cuDNN's short products; order by chance",
        ),
        Way(
            "nn.LSTM padded",
            KEPT,
            {"do": "padded_steps", **given, "precision": precision},
            flops=LSTM_FLOPS,
            note="inexact: reads the padding; our batches, fused AdamW; autocast takes it to float16",
        ),
        product_of(session),
    ]
    about = (
        f"Whole steps, as on a processor: batch {size.batch}, no dropout, {WIDTH} + {WIDTH} units. Every step ends "
        "with its loss read."
    )
    return with_ceiling(interleave(session, ways, session.repeats or 5), about)


def sweep(session: Session) -> dict[str, Any]:
    """Our training steps by batch size, and the share of a matrix product that each reaches."""
    ways = []
    for batch in session.size.batches:
        count = max(session.size.swept // batch, 1)
        _prepare(session, batch, count)
        given = {"rows": REVIEWS, "batch": batch, "precision": session.precision, "device": session.device}
        request = {"do": "steps", **given}
        ways.append(Way(f"textrnn, batch {batch}", TEXTRNN, request, flops=LSTM_FLOPS))
    about = f"Each size reads about {session.size.swept} texts a repeat."
    return with_ceiling(interleave(session, [*ways, product_of(session)], session.repeats or 3), about)


def encoders(session: Session) -> dict[str, Any]:
    """Our training steps by encoder."""
    _prepare(session)
    ways = []
    for name in session.ask(TEXTRNN, {"do": "encoders"})["encoders"]:
        request = {
            "do": "steps",
            "rows": REVIEWS,
            "batch": session.size.batch,
            "precision": session.precision,
            "device": session.device,
            "encoder": name,
            "count": session.size.slow_steps,
        }
        ways.append(Way(f"textrnn, {name}", TEXTRNN, request, flops=training_flops(name, WIDTH, WIDTH)))
    about = f"The same batches for every encoder: bidirectional, {WIDTH} + {WIDTH} units."
    return with_ceiling(interleave(session, [*ways, product_of(session)], session.repeats or 3), about)


def processes(session: Session) -> dict[str, Any]:
    """Our training steps by one process with all threads, and by a process a core."""
    _prepare(session)
    size, ways = session.size, []
    for count in dict.fromkeys((1, session.threads)):
        request = {
            "do": "shared_steps",
            "rows": REVIEWS,
            "batch": size.batch,
            "precision": session.precision,
            "processes": count,
            "count": size.slow_steps,
        }
        name = "textrnn, one process" if count == 1 else f"textrnn, {count} processes with one thread each"
        ways.append(Way(name, TEXTRNN, request, flops=LSTM_FLOPS))
    about = "The stage `train` from its third step on; the start of processes is not counted."
    return with_ceiling(interleave(session, [*ways, product_of(session)], session.repeats or 3), about)


def product_of(session: Session) -> Way:
    """The ceiling: a large matrix product in the same precision on the same cores."""
    request = {"size": session.size.product, "count": session.size.products, "precision": session.precision}
    request |= {"device": session.device}
    return Way(CEILING, TEXTRNN, {"do": "product", **request}, warm={"count": 1})


def with_ceiling(rows: list[dict[str, Any]], about: str) -> dict[str, Any]:
    """The benchmark, with the row of the ceiling taken out of the rows: `ceiling` are FLOPs a second, one a repeat."""
    ceiling = next(row["values"] for row in rows if row["way"] == CEILING)
    others = [row for row in rows if row["way"] != CEILING]
    return {"kind": "ratios", "unit": "real tokens a second", "about": about, "rows": others, "ceiling": ceiling}


def _prepare(session: Session, batch: int = 0, count: int = 0) -> None:
    """Draw the reviews, and have textrnn write which of them stand together."""
    session.reviews()
    batch, count = batch or session.size.batch, count or session.size.steps
    session.ask(TEXTRNN, {"do": "plan", "rows": REVIEWS, "batch": batch, "count": count})
