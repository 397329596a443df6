"""What there is to choose from: cells by their names, kernels in the order in which they are tried."""

from __future__ import annotations

from collections.abc import Sequence

from textrnn.config.model import Recurrence
from textrnn.nn.cells.cell import Cell
from textrnn.nn.cells.elman import ELMAN
from textrnn.nn.cells.gru import GRU
from textrnn.nn.cells.lstm import LSTM
from textrnn.nn.cells.mingru import MINGRU
from textrnn.nn.cells.rnn import RNN
from textrnn.nn.kernels.c_gates import GATED_IN_C
from textrnn.nn.kernels.c_mingru import MINGRU_IN_C
from textrnn.nn.kernels.elman import ELMAN_DENSE
from textrnn.nn.kernels.gru import GRU_DENSE
from textrnn.nn.kernels.kernel import Kernel, LayerSpec
from textrnn.nn.kernels.mingru import MINGRU_DENSE
from textrnn.nn.kernels.rnn import RNN_DENSE
from textrnn.nn.kernels.step_by_step import STEP_BY_STEP
from textrnn.nn.kernels.torch_cells import CUDNN_KERNELS, ONEDNN_LSTM, TORCH_KERNELS
from textrnn.nn.kernels.triton_lstm import TRITON_LSTM

CELLS: dict[Recurrence, Cell] = {cell.name: cell for cell in (LSTM, GRU, RNN, MINGRU, ELMAN)}
KERNELS: tuple[Kernel, ...] = (
    TRITON_LSTM,
    *GATED_IN_C,
    MINGRU_IN_C,
    ONEDNN_LSTM,
    *CUDNN_KERNELS,
    GRU_DENSE,
    RNN_DENSE,
    MINGRU_DENSE,
    ELMAN_DENSE,
    *TORCH_KERNELS,
    STEP_BY_STEP,  # fits any
)


def choose_kernel(kernels: Sequence[Kernel], spec: LayerSpec) -> Kernel:
    """Returns the first of `kernels` that fits `spec`."""
    return next(kernel for kernel in kernels if kernel.fits(spec))
