# The server alone: textrnn-core with its extra `serve`, without torch. docs/guides/serve.md has its size.
#   docker build -t textrnn-serve .
#   docker run -p 8000:8000 -v "$PWD/models:/models:ro" -e TEXTRNN_TOKEN textrnn-serve --model /models/sentiment
FROM python:3.11-slim AS build
# Debian keeps the newest version alone: a pinned one would be gone in weeks. None of it is in the image.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
COPY . /source
WORKDIR /source
RUN python -m pip install --no-cache-dir -c constraints.txt hatchling \
 && python -m pip wheel --no-cache-dir --no-build-isolation --no-deps --wheel-dir /wheels packaging/core \
 && python -m pip install --no-cache-dir -c constraints.txt --prefix /root-of-image "$(echo /wheels/textrnn_core-*.whl)[serve]" \
 && find /root-of-image -type d -name tests -prune -exec rm -rf {} +

FROM python:3.11-slim
COPY --from=build /root-of-image /usr/local
RUN useradd --system --uid 10001 --no-create-home textrnn
USER 10001
EXPOSE 8000
# the folder above the model is mounted, so that a model that replaces it by a rename is seen
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/ready', timeout=2)"]
ENTRYPOINT ["textrnn", "serve", "--host", "0.0.0.0"]
CMD ["--model", "/models/sentiment"]
