"""The subcommands of `textrnn`, one file a group: thin Typer functions over plain ones."""
