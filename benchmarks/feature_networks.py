"""A training step of the networks on features: the package's CPU kernels against the plain layers.

    python benchmarks/feature_networks.py         MFCC CNN, Issa and the CREMA-D study's models on five values, in both
                                                  readings where these differ, on one thread

Both train in this process, turn about, on the same batch from the same weights: forward, loss, backward, and the
document's optimiser (fused or over all tensors at once) against PyTorch's default form of it. The least processor time
of the repetitions counts, as what is slower was disturbed. Equality: the largest differences of outputs, and of the
gradients relative to their tensor's largest; biases in front of a batch normalisation, whose gradient is zero but for
rounding, are left out.
"""

import argparse
import copy
import time

import torch

from ser_repro import documents
from ser_repro.runs.training import LOSSES, keep_freed_memory

CLIPS, CLASSES = 32, 8
CHEAP = 5  # models of the CREMA-D study up to this one take five values
VALUES = {"mfcc_cnn": 50, "issa": 193, "crema_1d": 5}
NEGLIGIBLE = 1e-6  # below this a gradient is rounding


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


def compare(document: str, reading: str, n: int | None, blocks: int, steps: int) -> tuple[float, float, float, float]:
    """Seconds of the plain step and of ours, largest difference of outputs and of gradients."""
    torch.manual_seed(0)
    values = documents.settings(document, reading, "CREMA-D" if n else "RAVDESS", n)
    ours = documents.build(document, values, CLASSES)
    plain = copy.deepcopy(ours)
    plain.optimised = False
    loss = LOSSES[values.get("loss", "categorical")]
    x, target = torch.randn(CLIPS, VALUES[document], 1), torch.randint(CLASSES, (CLIPS,))

    outputs = []
    for model in (plain, ours):
        torch.manual_seed(1)  # dropout
        outputs.append(model(x))
        loss(outputs[-1], target).backward()
    output = (outputs[0] - outputs[1]).abs().max().item()
    gradients = [(a.grad, b.grad) for a, b in zip(plain.parameters(), ours.parameters(), strict=True)]
    gradient = max(((a - b).abs().max() / a.abs().max()).item() for a, b in gradients if a.abs().max() > NEGLIGIBLE)

    of, best = documents.get(document), [float("inf")] * 2
    sides = [(plain, default_form(of.optimiser(plain.parameters(), values))),
             (ours, of.optimiser(ours.parameters(), values))]
    for _ in range(blocks):
        for i, (model, optimiser) in enumerate(sides):
            best[i] = min(best[i], *(step(model, optimiser, loss, x, target) for _ in range(steps)))
    return *best, output, gradient


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--blocks", type=int, default=8, help="times that each side has its turn")
    parser.add_argument("--documents", nargs="+", default=list(VALUES), choices=list(VALUES))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    keep_freed_memory()
    print(f"torch {torch.__version__}, batch of {CLIPS}, one thread")
    print("document  n  reading  plain ms  ours ms  ratio  outputs differ  gradients differ")
    for document in arguments.documents:
        for n in [n for n in documents.get(document).sizes if n <= CHEAP] or (None,):
            for reading in documents.READINGS[:1] if n else documents.READINGS:
                steps = 1 if document == "issa" else 25
                plain, ours, output, gradient = compare(document, reading, n, arguments.blocks, steps)
                print(f"{document:9} {n or '':1} {reading:8} {1e3 * plain:9.2f} {1e3 * ours:8.2f} {plain / ours:6.2f}"
                      f" {output:15.1e} {gradient:17.1e}", flush=True)


if __name__ == "__main__":
    main()
