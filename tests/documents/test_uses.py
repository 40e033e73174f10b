"""What the documents used: corpora that there are, no more clips than they hold, and every corpus at least once."""

import pytest

from ser_repro import datasets
from ser_repro.documents.uses import USES, uses


@pytest.mark.parametrize("name", datasets.CORPORA)
def test_every_corpus_is_used_and_not_beyond_its_clips(name):
    found = uses(name)
    assert found and all(clips is None or 0 < clips <= datasets.get(name).n_clips for _, clips, _ in found)
    assert all(how for _, clips, how in found if clips is None)


def test_the_documents_are_six_and_use_no_corpus_but_the_eight():
    assert len(USES) == len({title for title, _ in USES.values()}) == 6
    assert {corpus for _, by_corpus in USES.values() for corpus in by_corpus} == set(datasets.CORPORA)
    assert uses("SAVEE") == [("the CREMA-D study", 480, "for its copy of Qayyum et al.'s network"),
                             ("Qayyum et al. 2019", 480,
                              "300 training, 100 validation, 80 test, by the CREMA-D study's report"),
                             ("CNN on 50 MFCCs", 480, "")]
    assert uses("mine") == []
