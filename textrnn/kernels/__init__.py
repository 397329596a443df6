"""C sources with their building."""
