"""A training step of the networks on features: the package's CPU kernels against the plain layers.

    python benchmarks/feature_networks.py         MFCC CNN, Issa and the CREMA-D study's 1-D CNNs, in both readings
                                                  where these differ, on one thread

Both train in this process, turn about, on the same batch from the same weights: forward, loss, backward, and the
document's optimiser (fused or over all tensors at once) against PyTorch's default form of it. The least processor time
of the repetitions counts, as what is slower was disturbed. Equality: how far both are from the same step in double
precision without dropout, in outputs and in gradients relative to their tensor's largest. Where two values under a pool
are equal but for rounding, either may be the larger: that moves the gradients of both sides by percents. Biases in
front of a batch normalisation, whose gradient is zero, are left out.
"""

import argparse
import copy
import time

import torch

from ser_repro import documents
from ser_repro.runs.training import LOSSES, keep_freed_memory

CLIPS, CLASSES = 32, 8
VALUES = {"mfcc_cnn": 50, "issa": 193, "crema_1d": 5}
ALL = {6: 258, 7: 258}  # values of the CREMA-D study's models that take all
NEGLIGIBLE = 1e-9  # below this a gradient in double precision is rounding


def default_form(optimiser):
    """The same optimiser in the form that PyTorch takes on a CPU unasked."""
    for group in optimiser.param_groups:
        group["foreach"], group["fused"] = False, False
    return optimiser


def step(model, optimiser, loss, x, target) -> float:
    began = time.thread_time()
    optimiser.zero_grad()
    loss(model(x), target).backward()
    optimiser.step()
    return time.thread_time() - began


def differences(model, loss, x, target) -> tuple[float, float, float, float]:
    """Largest differences from double precision: outputs of the plain side and of ours, gradients of both."""
    exact, plain, ours = (copy.deepcopy(model) for _ in range(3))
    exact.double()
    exact.optimised = plain.optimised = False
    outputs, gradients = [], []
    for one in (exact, plain, ours):
        for part in one.modules():
            if isinstance(part, torch.nn.Dropout):
                part.p = 0.0
        outputs.append(one(x.to(next(one.parameters()).dtype)))
        loss(outputs[-1], target).backward()
        gradients.append([weights.grad for weights in one.parameters()])
    counted = [i for i, gradient in enumerate(gradients[0]) if gradient.abs().max() > NEGLIGIBLE]
    return (*((output - outputs[0]).abs().max().item() for output in outputs[1:]),
            *(max(((side[i] - gradients[0][i]).abs().max() / gradients[0][i].abs().max()).item() for i in counted)
              for side in gradients[1:]))


def compare(document: str, reading: str, n: int | None, blocks: int, steps: int) -> tuple[float, ...]:
    """Seconds of the plain step and of ours, and `differences`."""
    torch.manual_seed(0)
    values = documents.settings(document, reading, "CREMA-D" if n else "RAVDESS", n)
    ours = documents.build(document, values, CLASSES)
    loss = LOSSES[values.get("loss", "categorical")]
    x, target = torch.randn(CLIPS, ALL.get(n, VALUES[document]), 1), torch.randint(CLASSES, (CLIPS,))
    equality = differences(ours, loss, x, target)
    plain = copy.deepcopy(ours)
    plain.optimised = False

    of, best = documents.get(document), [float("inf")] * 2
    sides = [(plain, default_form(of.optimiser(plain.parameters(), values))),
             (ours, of.optimiser(ours.parameters(), values))]
    for _ in range(blocks):
        for i, (model, optimiser) in enumerate(sides):
            best[i] = min(best[i], *(step(model, optimiser, loss, x, target) for _ in range(steps)))
    return *best, *equality


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--blocks", type=int, default=8, help="times that each side has its turn")
    parser.add_argument("--documents", nargs="+", default=list(VALUES), choices=list(VALUES))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    keep_freed_memory()
    print(f"torch {torch.__version__}, batch of {CLIPS}, one thread")
    print("document  n  reading  plain ms  ours ms  ratio  outputs off by: plain     ours  gradients: plain     ours")
    for document in arguments.documents:
        for n in documents.get(document).sizes or (None,):
            for reading in documents.READINGS[:1] if n else documents.READINGS:
                steps = 1 if document == "issa" or n in ALL else 25
                plain, ours, *off = compare(document, reading, n, arguments.blocks, steps)
                print(f"{document:9} {n or '':1} {reading:8} {1e3 * plain:9.2f} {1e3 * ours:8.2f} {plain / ours:6.2f}"
                      f" {off[0]:22.1e} {off[1]:8.1e} {off[2]:17.1e} {off[3]:8.1e}", flush=True)


if __name__ == "__main__":
    main()
