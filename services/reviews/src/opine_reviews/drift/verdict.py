"""Whether the live model still reads what people write, from what was measured: a pure function.

Drifted is where people correct more than they did, where words are misread, where texts come in another language, or
where texts or opinions are of another population. Words that have turned are told and are no reason: a model that
says what has changed has read it well.
"""

from collections.abc import Iterator, Sequence

from opine_reviews.drift.statistics import Share, p_value_of_rise
from opine_reviews.schemas.drift import DriftReason, DriftWord, ShareAnswer, Signal, Source, SourceFigures

LEAST_RISE = 0.05
"""Of the share of corrected proposals, or of texts in another language."""
SURE = 1e-4
"""The chance at which such a rise is found where nothing has changed."""
MOST_STABILITY = 0.25
"""The population stability index from which on it is another population, as is usual."""
_WORDS_SAID = 5


def judge(figures: Sequence[SourceFigures], words: Sequence[DriftWord]) -> list[DriftReason]:
    """The reasons to call it drift, the plainest first; none where nothing is wrong."""
    return [
        *(reason for one in figures for reason in _misread(one.source, words)),
        *(reason for one in figures for reason in _by_figures(one)),
    ]


def _misread(source: Source, words: Sequence[DriftWord]) -> Iterator[DriftReason]:
    found = [word.text for word in words if word.signal == "misread" and word.source == source]
    if found:
        named = ", ".join(f"“{word}”" for word in found[:_WORDS_SAID])
        more = f" and {len(found) - _WORDS_SAID} more" if len(found) > _WORDS_SAID else ""
        yield DriftReason(
            signal="misread", source=source, said=f"Proposals are corrected where texts say {named}{more}.", words=found
        )


def _by_figures(figures: SourceFigures) -> Iterator[DriftReason]:
    def reason(signal: Signal, said: str) -> DriftReason:
        return DriftReason(signal=signal, source=figures.source, said=said, words=[])

    corrected_now, corrected_before = (
        Share(share.of - share.hits, share.of) for share in (figures.agreement_now, figures.agreement_before)
    )
    if _has_risen(corrected_now, corrected_before):
        said = f"{_change(figures.agreement_before, figures.agreement_now)} of the proposals are kept."
        yield reason("agreement", said)
    if _has_risen(_share(figures.language_now), _share(figures.language_before)):
        said = f"{_change(figures.language_before, figures.language_now)} of the texts are not English."
        yield reason("language", said)
    for figure, index in figures.stability.items():
        if index is not None and index >= MOST_STABILITY:
            said = f"The {figure}s are of another population: stability index {index:.2f}."
            yield reason(figure, said)


def _has_risen(now: Share, before: Share) -> bool:
    if not now.of or not before.of:
        return False
    return now.ratio - before.ratio >= LEAST_RISE and p_value_of_rise(now, before) < SURE


def _share(answer: ShareAnswer) -> Share:
    return Share(answer.hits, answer.of)


def _change(before: ShareAnswer, now: ShareAnswer) -> str:
    return f"{now.hits / now.of:.0%} instead of {before.hits / before.of:.0%}"
