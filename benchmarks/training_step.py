"""A training step of CNN-n-GRU: the package's CPU kernels against the same layers written plainly in PyTorch.

    python benchmarks/training_step.py            all sizes and readings, on one thread and on two

Both run in this process, turn about, on the same batch (32 waveforms of 3.7 s at 16 kHz) from the same weights:
forward, loss, backward and Adam. The best of the repetitions counts, as what is slower was disturbed. The plain layers
are written out here, from the document's figure, and not taken from the package. Equality: the largest differences of
log-probabilities and of gradients.
"""

import argparse
import time

import torch
from torch import nn
from torch.nn import functional as F

from ser_repro.models.cnn_n_gru import BLOCKS, CNNnGRU

CLIPS, SECONDS, SAMPLE_RATE, CLASSES, HIDDEN = 32, 3.7, 16000, 7, 16


class Plain(nn.Module):
    """The layers one after the other; padding is part of the signal, as all clips are of one length here."""

    def __init__(self, n: int, over_time: bool):
        super().__init__()
        widths, parts = {3: [[6], [6]], 5: [[5], [5], [10], [20]], 11: [[11], [11] * 2, [22] * 2, [44] * 3, [88] * 2],
                         18: [[18], [18] * 4, [36] * 4, [72] * 4, [144] * 4]}[n], []
        before = 1
        for b, block in enumerate(widths):
            for width in block:
                conv = nn.Conv1d(1, width, 160, stride=4) if before == 1 else nn.Conv1d(before, width, 3, padding=1)
                parts += [conv, nn.BatchNorm1d(width), nn.LeakyReLU()]
                before = width
            if b < len(widths) - 1 or n in (3, 5):
                parts.append(nn.MaxPool1d(4))
        self.over_time = over_time
        self.cnn = nn.Sequential(*parts)
        self.fc1 = nn.Linear(before, before // 2)
        self.gru = nn.GRU(before // 2, HIDDEN, num_layers=n, batch_first=True)
        self.fc2 = nn.Linear(HIDDEN, CLASSES)

    def forward(self, waveform):
        x = self.cnn(waveform)
        x = x if self.over_time else x.mean(-1, keepdim=True)
        x, _ = self.gru(self.fc1(F.leaky_relu(x.transpose(1, 2))))
        return F.log_softmax(self.fc2(F.leaky_relu(x[:, -1])), -1)


def step(forward, model, optimiser, target) -> float:
    began = time.perf_counter()
    optimiser.zero_grad()
    F.nll_loss(forward(), target).backward()
    optimiser.step()
    return time.perf_counter() - began


def compare(n: int, reading: str, repetitions: int) -> tuple[float, float, float, float]:
    """Seconds of the plain step and of ours, largest difference of outputs and of gradients."""
    torch.manual_seed(n)
    over_time = reading == "paper"
    ours = CNNnGRU(n=n, n_classes=CLASSES, hidden_size=HIDDEN, pool_before_gru=not over_time, mask_padding=over_time)
    plain = Plain(n, over_time)
    norms = iter(ours.norms)
    convs = iter(ours.convs)
    for part in plain.cnn:
        if isinstance(part, nn.Conv1d):
            part.load_state_dict(next(convs).state_dict())
        elif isinstance(part, nn.BatchNorm1d):
            part.load_state_dict(next(norms).state_dict())
    for name in ("fc1", "gru", "fc2"):
        getattr(plain, name).load_state_dict(getattr(ours, name).state_dict())
    waveform = torch.randn(CLIPS, 1, int(SECONDS * SAMPLE_RATE)) * 0.1
    lengths = torch.full((CLIPS,), waveform.shape[-1])
    target = torch.randint(CLASSES, (CLIPS,))

    outputs = ours(waveform, lengths)[0], plain(waveform)
    for output in outputs:
        F.nll_loss(output, target).backward()
    pairs = [*zip([c.weight for c in ours.convs], [p.weight for p in plain.cnn if isinstance(p, nn.Conv1d)],
                  strict=True),
             *zip(ours.gru.parameters(), plain.gru.parameters(), strict=True), (ours.fc2.weight, plain.fc2.weight)]
    gradient = max(float((a.grad - b.grad).abs().max()) for a, b in pairs)
    output = float((outputs[0] - outputs[1]).detach().abs().max())

    sides = [(lambda: plain(waveform), plain), (lambda: ours(waveform, lengths)[0], ours)]
    sides = [(forward, model, torch.optim.Adam(model.parameters(), 1e-4)) for forward, model in sides]
    best = [float("inf")] * 2
    for _ in range(repetitions + 1):  # the first warms up, and can only be slower
        for i, (forward, model, optimiser) in enumerate(sides):
            best[i] = min(best[i], step(forward, model, optimiser, target))
    return *best, output, gradient


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--repetitions", type=int, default=7)
    arguments = parser.parse_args()
    print(f"torch {torch.__version__}, batch of {CLIPS} x {SECONDS} s at {SAMPLE_RATE} Hz")
    print("threads   n  reading  plain ms  ours ms  ratio  outputs differ  gradients differ")
    for threads in arguments.threads:
        torch.set_num_threads(threads)
        for n in BLOCKS:
            for reading in ("code", "paper"):
                plain, ours, output, gradient = compare(n, reading, arguments.repetitions)
                print(f"{threads:7} {n:3}  {reading:7} {1e3 * plain:9.0f} {1e3 * ours:8.0f} {plain / ours:6.2f}"
                      f" {output:15.1e} {gradient:17.1e}", flush=True)


if __name__ == "__main__":
    main()
