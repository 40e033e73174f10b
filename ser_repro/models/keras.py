"""Keras's defaults, where they are not PyTorch's: three of the documents were written in it."""

from torch import Tensor, nn

BATCH_NORM = {"eps": 1e-3, "momentum": 0.01}  # Keras calls this momentum 0.99
# Of its optimisers. Its Adam adds it before the correction of the second moment's bias, PyTorch's after: in the first
# steps Keras's is larger, by a factor of 30 at most.
EPSILON = 1e-7


class BatchNorm1d(nn.BatchNorm1d):
    """Of vectors, shape (batch, values). A last batch of one clip has no spread: what Keras leaves of it is the bias.
    PyTorch refuses it. Its part in the running statistics is left out."""

    def forward(self, x: Tensor) -> Tensor:
        if self.training and len(x) == 1:
            return self.bias + 0 * x
        return super().forward(x)


class BatchNorm2d(nn.BatchNorm2d):
    """Of images, shape (batch, channel, row, column); the same of a last batch of one clip with one value a channel."""

    def forward(self, x: Tensor) -> Tensor:
        if self.training and x.numel() == x.shape[1]:
            return self.bias[:, None, None] + 0 * x
        return super().forward(x)


def initialise(model: nn.Module) -> None:
    """Glorot-uniform weights and zero biases, as Keras starts convolutions and dense layers."""
    for layer in model.modules():
        if isinstance(layer, nn.Conv1d | nn.Conv2d | nn.Linear):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)


def same(length: int, kernel: int, stride: int = 1) -> tuple[int, int]:
    """What Keras's padding "same" puts before and after an axis: ceil(length / stride) values come out."""
    total = max((-(-length // stride) - 1) * stride + kernel - length, 0)
    return total // 2, total - total // 2
