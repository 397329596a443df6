"""`textrnn serve`: a saved model behind an address."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.commands.options import ModelOption, QuietOption
from pipelines.running.last_run import find_model
from textrnn.errors import TextrnnError
from textrnn.machine.optional_packages import require_package
from textrnn.storage.file_names import printable

if TYPE_CHECKING:
    from textrnn.serving.served_model import ServedModel

REQUIRED_PACKAGES = ("fastapi", "uvicorn", "httptools", "uvloop", "prometheus_client")  # of the extra `serve`

HostOption = Annotated[str, typer.Option("--host", help="The address; others than this machine's need a token.")]
PortOption = Annotated[int, typer.Option("--port", help="The port; 0: any that is free.", min=0, max=65535)]
TokenOption = Annotated[
    Path | None,
    typer.Option(
        "--token-file",
        help="A file with the token that requests must show; or set TEXTRNN_TOKEN.",
        metavar="FILE",
        show_default=False,
    ),
]
AllowHostOption = Annotated[
    list[str] | None,
    typer.Option("--allow-host", help="A name by which the server is called; repeatable.", show_default=False),
]
AllowOriginOption = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-origin",
        help="Another site whose pages may ask, as in https://example.org; repeatable.",
        show_default=False,
    ),
]
LogTextsOption = Annotated[
    Path | None,
    typer.Option(
        "--log-texts",
        help="A file to which each text is added with its answer, as a JSON line; off by default.",
        metavar="FILE",
        show_default=False,
    ),
]
ServersOption = Annotated[
    int, typer.Option("--processes", help="Processes that share the port; one uses all cores.", min=1, max=256)
]


def serve(
    model: ModelOption = None,
    host: HostOption = "127.0.0.1",
    port: PortOption = 8000,
    processes: ServersOption = 1,
    token_file: TokenOption = None,
    allow_host: AllowHostOption = None,
    allow_origin: AllowOriginOption = None,
    log_texts: LogTextsOption = None,
    quiet: QuietOption = False,
) -> None:
    """Serve a saved model over HTTP, with a page to try it.

    \b
    textrnn serve
    textrnn serve --model models/sentiment --host 0.0.0.0 --token-file token.txt

    POST /predict with {"texts": ["What a film!"]}; /openapi.json describes the rest. /v2 is the Open Inference
    Protocol. The model folder may be replaced while it is served. Ctrl-C or SIGTERM stops it when all that was accepted
    is answered.
    """  # noqa: D301  # \b keeps the lines that follow
    folder = find_model(model)
    for package in REQUIRED_PACKAGES:
        require_package(package, "textrnn serve", "serve")
    from textrnn.serving.access import make_access
    from textrnn.serving.sockets import address_of, open_socket

    access = make_access(host, token_file, allow_host or [], allow_origin or [])
    several = processes > 1
    opened = open_socket(host, port, shared=several, listening=not several)

    def ready(loaded: "ServedModel") -> None:
        if not quiet:
            what = f"serving {folder} ({loaded.digest[:12]}) at {address_of(opened)}; Ctrl-C stops it"
            print(what + _describe_log(log_texts), file=sys.stderr, flush=True)

    if not several:
        from textrnn.serving.server import ServerConfig
        from textrnn.serving.server import serve as serve_model

        serve_model(ServerConfig(folder, access, log_texts=log_texts), opened, ready)
        return

    def serve_one(number: int) -> int:
        from textrnn.serving.server import ServerConfig
        from textrnn.serving.server import serve as serve_model

        try:
            own = open_socket(host, opened.getsockname()[1], shared=True)
            config = ServerConfig(folder, access, log_texts=log_texts)
            serve_model(config, own, ready if number == 0 else _say_nothing)
        except TextrnnError as error:
            print(f"error: {printable(str(error))}", file=sys.stderr, flush=True)
            return error.exit_code
        return 0

    from textrnn.serving.processes import run_processes, share_cores

    share_cores(processes)
    raise typer.Exit(run_processes(processes, serve_one))


def _describe_log(file: Path | None) -> str:
    return f"; texts are logged to {printable(str(file))}" if file else ""


def _say_nothing(_: "ServedModel") -> None:
    """The first process has said it."""
