"""Every claim beside what was measured: the ledger of one document, and of all.

    claimed.ledger(Found("issa", "results"))    # a data frame, a row a claim
    claimed.whole("results")                    # of every document
"""

from functools import cache
from pathlib import Path

import pandas as pd

from ser_repro import SerReproError, datasets, documents
from ser_repro.results import scores
from ser_repro.results.ledger import NEW, NOT_RUN, SHARED, WHOLE, Claim, Evidence, PublishedMatrix, Verdict, verdict
from ser_repro.runs import asha, plans, records
from ser_repro.runs.found import REDRAWN, SPLITS, Found
from ser_repro.runs.found import missing as part_of

NO_SETTING = "our search found no setting that beats chance"
ONE_ANSWER = "every network gives one answer to every clip"
ONE_START = "it is one start, and how far others lie from it is not known"
_SPEAKERS = {"published": SHARED, "speaker": NEW}


def evidence(found: Found, claim: Claim) -> list[Evidence]:
    """What has been measured of a claim in each reading, with shared and with new speakers."""
    told = []
    for reading in found.document.readings:
        for protocol in plans.GRID:
            version, seeds = _judged(found, claim, reading, protocol)
            if seeds:
                drawn = _drawn(seeds)
                score = found.score_of(seeds, claim.score)
                told.append(Evidence(
                    found.document.called(reading), _SPEAKERS[protocol], score, _changed(found, version),
                    "" if drawn else part_of(seeds), len(score.seeds) if drawn else 0,
                    _says_nothing(found, seeds, score), _limited(found, version, score),
                    _failed(own) if (own := _own_search(found, claim, reading, protocol)) else ""))
    return told


def _own_search(found: Found, claim: Claim, reading: str, protocol: str) -> dict | None:
    """The document's own search for the settings of a claim's network, where it has been made whole."""
    if claim.changes or not found.document.own_search or not _rebuilt(found, claim):
        return None
    made = asha.read(found.folder, found.kind(claim.corpus, reading, protocol, n=claim.n))
    return made if made and "winner" in made else None


def _failed(made: dict) -> str:
    """That a whole search taught no network anything; "" where it did."""
    guess, trials = asha.guessing(made["corpus"]), made["trials"]
    if any(asha.learned(trial, guess) for trial in trials):
        return ""
    return f"the document's own search, made whole, taught none of its {len(trials)} networks anything"


def _limited(found: Found, version: dict, score: scores.Score) -> str:
    """Why a score can't speak against a claim: its networks trained shorter than the document's, or it is one start;
    "" where it can."""
    shorter = "" if version and version == found.document.longer else found.document.shorter
    return shorter or _one_start(found, score)


def _judged(found: Found, claim: Claim, reading: str, protocol: str) -> tuple[dict, list[list[dict]]]:
    """The version of a network by which it is judged, and its records.

    It is the one that trained as long as the document's, where ours otherwise train shorter. Of settings that the
    document doesn't tell, it is the one whose score lies nearest to what the document claims of the network as a whole:
    one version for all that is claimed of it, as its own numbers are of one network, too.
    """
    longer = dict(found.document.longer)
    if longer and (seeds := _seeds(found, claim, reading, protocol, longer)):
        return longer, seeds
    versions = _versions(found, claim, reading, protocol)
    whole = next((one for one in found.document.claims if one.score in ("accuracy", "uar") and (
        one.corpus, one.n, one.changes) == (claim.corpus, claim.n, claim.changes)), None)
    if not whole or len(versions) < 2:
        return {}, _seeds(found, claim, reading, protocol)

    def away(version: dict) -> float:
        return abs(found.score_of(_seeds(found, whole, reading, protocol, version), whole.score).value - whole.value)

    nearest = min(versions, key=away)
    return nearest, _seeds(found, claim, reading, protocol, nearest)


def _versions(found: Found, claim: Claim, reading: str, protocol: str) -> list[dict]:
    """What was run that a claim may be of, each as the changes of settings that the document doesn't tell; first the
    reading as it stands, without which there is none."""
    base = _seeds(found, claim, reading, protocol)
    if not base or (not _drawn(base) and part_of(base)):
        return [{}] if base else []
    versions = [{}]
    for kind in found.done:
        more = {name: value for name, value in kind.changed.items() if name not in dict(claim.changes)}
        if (more and more not in versions and all(found.document.settings[name].untold for name in more)
                and kind.protocol == base[0][0]["config"]["protocol"]
                and kind == found.kind(claim.corpus, reading, kind.protocol, **claim.which | more)):
            versions.append(more)
    return versions


def _changed(found: Found, version: dict) -> str:
    return ", ".join(found.difference(*change) for change in version.items())


def _seeds(found: Found, claim: Claim, reading: str, protocol: str, version: dict | None = None) -> list[list[dict]]:
    """Records of the runs that can test a claim; that of the network which the document's own search chose, where it
    has been made whole; those of several draws of the split where a mean over them is judged, as the document's own
    draw is not known and our first one may be lucky."""
    if not _rebuilt(found, claim):
        return []
    if not version and (own := _own_search(found, claim, reading, protocol)):
        return [[asha.won(found.folder, own)]]
    which = claim.which | (version or {})
    if protocol == "published" and not found.document.has_code and claim.score != scores.VALIDATION:
        drawn = found.records(claim.corpus, reading, REDRAWN, whole=False, **which)
        if sum(map(len, drawn)) > 1:
            return drawn
    return found.seeds(claim.corpus, reading, protocol, **which)


def _rebuilt(found: Found, claim: Claim) -> bool:
    """Whether there is a network of ours for a claim: not where a document has several and the claim is of none."""
    return claim.n is not None or not found.document.sizes


def _drawn(seeds: list[list[dict]]) -> bool:
    return bool(seeds) and seeds[0][0]["config"]["protocol"] == REDRAWN


def judged(found: Found, claim: Claim) -> Verdict:
    """The verdict on a claim (see `results.ledger`)."""
    return verdict(claim, evidence(found, claim), 0 if (why := missing(found.document, claim.corpus)) else
                   clips(found.name, claim), why)


def missing(of: documents.Document, corpus: str) -> str:
    """Why a document can't be run on a corpus here; "" where it can."""
    if corpus in of.corpora:
        return ""
    asked = datasets.get(corpus).source.ask if corpus in datasets.CORPORA else ""
    return "no copy: its publisher wants a signature" if asked else "the study doesn't run it there"


def clips(name: str, claim: Claim) -> int:
    """On how many clips a claim was counted: as the document shows it, else those of its own split of the published
    corpus, as far as that is known; 0 of a corpus without an index."""
    if claim.clips:
        return claim.clips
    if not datasets.get(claim.corpus).index.is_file():
        return 0
    of = _emotions(name, claim.corpus)["validation" if claim.score == scores.VALIDATION else "test"]
    if not claim.score.startswith(scores.RECALL):
        return len(of)
    return int((of == claim.score.removeprefix(scores.RECALL)).sum())


@cache
def _emotions(name: str, corpus: str) -> dict[str, pd.Series]:
    """Of each clip that the document's own split of a published corpus validates on and tests."""
    table = datasets.studied(datasets.published(corpus))
    split = documents.get(name).parts(table, "published")
    emotion = table.set_index("clip")["emotion"]
    return {part: emotion[list(getattr(split, part))] for part in ("validation", "test")}


def ledger(found: Found) -> pd.DataFrame:
    """A row a claim: what is claimed and where, what its own confusion matrix gives, ours in each reading with shared
    and with new speakers, the verdict, and the records of all that was measured."""
    of = found.document
    rows = []
    for claim in of.claims:
        told = judged(found, claim)
        matrix = next((one for one in of.matrices if one.corpus == claim.corpus), None)
        row = {"corpus": claim.corpus, "kind": claim.kind, "score": _called(claim.score)}
        row |= {"n": claim.n, "network": network(found, claim)} if of.sizes else {}
        row |= {"claimed": f"{100 * claim.value:.1f} %", "where": claim.place}
        if of.matrices:
            row["own matrix gives"] = _recomputed(matrix, claim.score) if matrix and claim.kind == WHOLE else "—"
        for reading in of.readings:
            for protocol in plans.GRID:
                row[f"{of.called(reading)}, {SPLITS[protocol]}"] = _told(found, claim, reading, protocol)
        rows.append(row | {"verdict": told.kind, "because": told.because, "records": ", ".join(_records(found, claim))})
    return pd.DataFrame(rows)


def _called(score: str) -> str:
    """A score as readers know it."""
    return scores.SCORES.get(score, score.replace("_", " "))


def network(found: Found, claim: Claim) -> str:
    """The network that a claim is of, and how its training differs from the document's own."""
    changed = [claim.called] if claim.called else [found.difference(*change) for change in claim.changes]
    return ", ".join(filter(None, [found.document.size(claim.n), *changed])) or "—"


def _told(found: Found, claim: Claim, reading: str, protocol: str) -> str:
    """The score that is judged, in words."""
    if missing(found.document, claim.corpus) or not _rebuilt(found, claim):
        return "—"
    version, seeds = _judged(found, claim, reading, protocol)
    if _drawn(seeds):
        mean = found.score_of(seeds, claim.score)
        beside = [_changed(found, version), f"mean of {len(mean.seeds)} draws"]
        return f"{mean} ({', '.join(filter(None, beside))})"
    beside = _changed(found, version)
    if seeds and not version and (other := _judged(found, claim, reading, "published")[0]):
        beside = f"without: {_changed(found, other)}"  # which has not been run with these speakers
    return found.in_words(seeds, claim.score) + f" ({beside})" * bool(beside)


def _recomputed(matrix: PublishedMatrix, score: str) -> str:
    """What a document's own confusion matrix gives; beside an accuracy its UAR, which may be what was meant."""
    told = f"{100 * matrix.score(score):.1f} %"
    return f"{told} (UAR {100 * matrix.score('uar'):.1f} %)" if score == "accuracy" else told


def whole(results: str | Path, names=()) -> pd.DataFrame:
    """The ledger of every document that claims something (or of those named), "—" where a column has no meaning."""
    each = [ledger(Found(name, results)).assign(document=of.title) for name, of in documents.DOCUMENTS.items()
            if of.claims and (not names or name in names)]
    if not each:
        return pd.DataFrame()
    table = pd.concat(each, ignore_index=True)
    first = [name for name in ("document", "corpus", "n", "network", "kind", "score", "claimed", "where",
                               "own matrix gives") if name in table]
    last = ["verdict", "because", "records"]
    table = table[[*first, *(name for name in table if name not in (*first, *last)), *last]]
    return table.astype({"n": "Int64"} if "n" in table else {}).astype(object).where(table.notna(), "—")


STORED = "ledger.csv"
"""The ledger as it stands beside the records of a study, written by `ser-repro claims --csv`."""


def require(results: str | Path) -> None:
    """Refuse a study that has lost a record behind its stored ledger: a verdict would change, and nobody would see why.

    Raises
    ------
    SerReproError
    """
    path = Path(results) / STORED
    if not path.exists():
        return
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        named = dict.fromkeys(name for row in table["records"] for name in row.split(", ") if name)
    except (OSError, ValueError, KeyError) as error:
        raise SerReproError(f"the stored ledger {path} can't be read ({type(error).__name__}): write it again with "
                            f"`ser-repro claims --csv {path}`.") from None
    there = {records.name_of(file) for file in records.files(results)}
    if lost := [name for name in named if name not in there]:
        raise SerReproError(f"{len(lost)} of the records behind the verdicts in {path} are missing, first {lost[0]}: "
                            "bring them back, make them again with `ser-repro study`, or take back what rests on them "
                            f"with `ser-repro claims --csv {path}`.")


def unmade(table: pd.DataFrame) -> list[str]:
    """Claims of a ledger that lack the runs that a verdict would rest on."""
    return [f"{row['document']}, {row['corpus']}, {row['score']}, {row['claimed']}"
            for _, row in table[table["verdict"] == NOT_RUN].iterrows()]


def _says_nothing(found: Found, seeds: list[list[dict]], score: scores.Score) -> str:
    """Why a score can speak neither for nor against a claim; "" where it can."""
    if not found.taught(seeds):
        return NO_SETTING
    return ONE_ANSWER if score.alike[0] == score.alike[1] else ""


def _one_start(found: Found, score: scores.Score) -> str:
    """Why a score can't speak against a claim that knows of no other start; "" where it does, or has none."""
    known = len(score.seeds) > 1 or {"starts", "folds", "draws"} & set(score.counts)
    return "" if known or found.document.is_estimator else ONE_START


def _records(found: Found, claim: Claim) -> list[str]:
    """Names of the records behind all that is known of a claim."""
    return sorted({record["run"] for reading in found.document.readings for protocol in plans.GRID
                   for version in [*_versions(found, claim, reading, protocol), dict(found.document.longer)]
                   for folds in _seeds(found, claim, reading, protocol, version) for record in folds})
