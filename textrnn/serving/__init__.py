"""The server of a model: HTTP in front of the engine (`textrnn serve`); needs the extra `serve`."""
