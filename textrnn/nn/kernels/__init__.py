"""The kernels: how cells are computed."""
