"""The settings of every stage: one file a section, imported without numpy or torch."""
