"""The coded checks of a report, one file each."""
