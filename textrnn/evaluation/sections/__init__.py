"""The sections of the report page below its headline, one file each kind."""
