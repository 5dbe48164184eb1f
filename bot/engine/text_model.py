"""A small linear text model: words and letter groups in, label probabilities out.

Bag of words and of letter groups (inside word borders), weighted by rarity, into a logistic
regression. Letter groups forgive spelling and need no spaces between words, so the same model
reads "chemo", "kemo" and scripts that write without spaces. It is stored as JSON and plain
arrays, never as pickled code.
"""

from __future__ import annotations

import json
import re
import unicodedata
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import hstack
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

# A long message says what it wants at its start or at its end; the middle is facts, which the
# vocabulary reads in full. The bound keeps the cost of a hostile message that of a normal one.
HEAD_CHARS = 500
TAIL_CHARS = 300
LONGEST_WORD = 40
# Stopping early costs nothing on messages held apart and makes training four times as fast.
ITERATIONS = 40

_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]")
_LONG_WORD = re.compile(rf"(\S{{{LONGEST_WORD}}})\S+")
_STRETCHED = re.compile(r"(\w)\1{2,}")
_DIGITS = re.compile(r"\d+")
_TOKEN = r"(?u)§?\w+|[^\w\s]"  # noqa: S105 - a pattern, not a secret

_FAMILIES: tuple[dict[str, object], ...] = (
    {"analyzer": "word", "ngram_range": (1, 2), "token_pattern": _TOKEN},
    {"analyzer": "char_wb", "ngram_range": (2, 4)},
)


def normalise(text: str) -> str:
    """Lower case, one form per letter, no invisible marks, numbers as 0, bounded in length."""
    if len(text) > HEAD_CHARS + TAIL_CHARS:
        text = f"{text[:HEAD_CHARS]} {text[-TAIL_CHARS:]}"
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).casefold()
    text = _LONG_WORD.sub(r"\1", text)
    text = _STRETCHED.sub(r"\1\1", text).replace("’", "'")
    return _DIGITS.sub("0", text)[: HEAD_CHARS + TAIL_CHARS + 1]


class TextModel:
    """Labels with probabilities for short texts; `fit` or `load` gives one."""

    def __init__(
        self,
        labels: Sequence[str],
        vectorizers: Sequence[TfidfVectorizer],
        weights: np.ndarray[Any, Any],
        bias: np.ndarray[Any, Any],
    ) -> None:
        self.labels = list(labels)
        self._vectorizers = list(vectorizers)
        self._families = [(v.build_analyzer(), v.vocabulary_, v.idf_) for v in vectorizers]
        self._weights = weights  # (features, labels), float32, so that a text's rows lie together
        self._bias = bias  # (labels,)

    @classmethod
    def fit(cls, texts: Sequence[str], labels: Sequence[str], strength: float) -> TextModel:
        """Train on normalised texts; `strength` is the inverse of the regularisation (C)."""
        vectorizers = [
            TfidfVectorizer(lowercase=False, sublinear_tf=True, min_df=2, dtype=np.float32, **kind)
            for kind in _FAMILIES
        ]
        features = hstack([v.fit_transform(texts) for v in vectorizers]).tocsr()
        model = LogisticRegression(C=strength, class_weight="balanced", max_iter=ITERATIONS)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(features, labels)
        weights, bias = model.coef_, model.intercept_
        if len(model.classes_) == 2:  # scikit-learn keeps one row for two labels
            weights, bias = np.vstack([-weights, weights]) / 2, np.hstack([-bias, bias]) / 2
        rows = np.ascontiguousarray(weights.T, dtype=np.float32)
        return cls(list(model.classes_), vectorizers, rows, bias)

    def rank(self, text: str) -> list[tuple[str, float]]:
        """All labels with their probability, the likeliest first."""
        scores = self._probabilities(text)
        return [(self.labels[i], float(scores[i])) for i in np.argsort(-scores)]

    def best(self, texts: Sequence[str]) -> list[tuple[str, float]]:
        """The likeliest label of each text, with its probability."""
        ranked = [self._probabilities(text) for text in texts]
        return [(self.labels[scores.argmax()], float(scores.max())) for scores in ranked]

    def _probabilities(self, text: str) -> np.ndarray[Any, Any]:
        """As scikit-learn does it, without the matrices that one text does not need."""
        scores = self._bias.astype(np.float64)
        start = 0
        for analyze, known, rarity in self._families:
            counts = Counter(known[term] for term in analyze(text) if term in known)
            if counts:
                columns = np.fromiter(counts, np.intp, len(counts))
                often = np.fromiter(counts.values(), np.float64, len(counts))
                values = (1.0 + np.log(often)) * rarity[columns]
                scores += values / np.linalg.norm(values) @ self._weights[start + columns]
            start += len(known)
        scores = np.exp(scores - scores.max())
        return scores / scores.sum()

    def save(self, folder: Path) -> None:
        """Write `model.json` (labels, vocabularies) and `model.npz` (arrays) into `folder`."""
        described = {
            "labels": self.labels,
            "vocabularies": [
                sorted(v.vocabulary_, key=v.vocabulary_.__getitem__) for v in self._vectorizers
            ],
        }
        (folder / "model.json").write_text(json.dumps(described, ensure_ascii=False), "utf-8")
        rarity = {f"rarity{i}": v.idf_ for i, v in enumerate(self._vectorizers)}
        np.savez(folder / "model.npz", weights=self._weights, bias=self._bias, **rarity)

    @classmethod
    def load(cls, folder: Path) -> TextModel:
        """Read what `save` wrote."""
        described = json.loads((folder / "model.json").read_text("utf-8"))
        with np.load(folder / "model.npz", allow_pickle=False) as arrays:
            vectorizers = []
            for i, (kind, terms) in enumerate(
                zip(_FAMILIES, described["vocabularies"], strict=True)
            ):
                vectorizer = TfidfVectorizer(
                    lowercase=False,
                    sublinear_tf=True,
                    dtype=np.float32,
                    vocabulary={term: column for column, term in enumerate(terms)},
                    **kind,
                )
                vectorizer.idf_ = arrays[f"rarity{i}"].astype(np.float32)
                vectorizers.append(vectorizer)
            return cls(described["labels"], vectorizers, arrays["weights"], arrays["bias"])
