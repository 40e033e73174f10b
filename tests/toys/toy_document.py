"""A document from outside the package: one linear layer on two values, which claims 99 %."""

from ser_repro.documents import CoreRuns, Document, Setting, register
from ser_repro.results.ledger import Claim


def _build(values: dict, n_classes: int):
    from torch import nn

    class Linear(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm, self.layer = nn.BatchNorm1d(2), nn.Linear(2, n_classes, bias=values["bias"])

        def forward(self, inputs, lengths):
            return self.layer(self.norm(inputs[..., 0]))

    return Linear()


def _optimiser(parameters, values: dict):
    from torch.optim import Adam

    return Adam(parameters, lr=values["learning_rate"])


register(Document(
    name="toy", title="a toy", corpora=("TOY",), build=_build, inputs=lambda values: "toy_pair", optimiser=_optimiser,
    settings={"bias": Setting(False, True, "a constant in the layer", "text", "no bias"),
              "learning_rate": Setting(0.1, 0.1, "of Adam"), "batch_size": Setting(8, 8, "clips"),
              "epochs": Setting(5, 5, "passes over the training clips")},
    claims=(Claim("TOY", None, "accuracy", 0.99, "its text"),),
    core=(CoreRuns("code", "published"), CoreRuns("code", "new_sentences"))))
