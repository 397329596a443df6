"""Settings of a run: from a TOML file, a packaged configuration or a mapping to the sections of `textrnn.config`."""
