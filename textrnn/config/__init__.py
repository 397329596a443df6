"""The settings of every stage: one frozen dataclass a section, imported without numpy or torch."""
