"""Marker results: what is written, and what a rule may conclude from it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.facts.markers import (
    Span,
    compare,
    is_one_of,
    marker_id,
    read_value,
    wanted,
    with_gene_groups,
)

IDS = [
    ("EGFR", "EGFR"),
    ("egfr", "EGFR"),
    ("FRα", "FOLR1"),
    ("FOLR1", "FOLR1"),
    ("FRa", "FOLR1"),
    ("CLDN18_2", "CLDN18.2"),
    ("Claudin 18.2", "CLDN18.2"),
    ("PD-L1", "PDL1"),
    ("PD-L1 CPS", "PDL1_CPS"),
    ("BCR-ABL1", "BCR::ABL1"),
    ("BRCA1/2", "BRCA"),
    ("HER2/neu", "HER2"),
    ("ERBB2", "HER2"),
    ("H3 K27M", "H3_K27M"),
    ("MSI", "MSI_MMR"),
    ("Ki-67", "Ki67"),
    ("shoe size", None),
]


@pytest.mark.parametrize(("written", "ident"), IDS)
def test_marker_ids_meet(written: str, ident: str | None) -> None:
    assert marker_id(written) == ident


# marker, written result, word of a rule, answer
WORDS: list[tuple[str, Any, str, bool | None]] = [
    ("EGFR", "exon 19 deletion", "ex19del", True),
    ("EGFR", "p.L858R", "L858R", True),
    ("EGFR", "positive", "ex19del", None),
    ("EGFR", "positive", "positive", True),
    ("EGFR", "WT", "positive", False),
    ("EGFR", ["ex19del", "T790M"], "T790M", True),
    ("EGFR", ["ex19del", "T790M"], "L858R", False),
    ("KRAS", "G12V", "G12C", False),
    ("KRAS", "G12V", "positive", True),
    ("KRAS", "mut", "G12C", None),
    ("ALK", "+", "fusion_pos", True),
    ("ALK", "fusion_pos(EML4)", "fusion_pos", True),
    ("ALK", False, "fusion_pos", False),
    ("RET", "positive", "fusion_pos", None),
    ("BRAF", "V600", "V600E", None),
    ("BRAF", "V600K", "V600", True),
    ("HER2", "2+", "positive", None),
    ("HER2", "2+/ISH+", "positive", True),
    ("HER2", "2+ISH−", "low", True),
    ("HER2", "negative", "positive", False),
    ("HER2", "negative", "low", None),
    ("HER2", "IHC 0", "low", False),
    ("HER2", 3, "3+", True),
    ("HER2", "mutation", "positive", False),
    ("MSI_MMR", "dMMR", "positive", True),
    ("MSI_MMR", "MSS/pMMR", "negative", True),
    ("MSI_MMR", "indeterminate", "positive", None),
    ("BRCA", "VUS", "positive", False),
    ("BRCA", "pathogenic", "germline", None),
    ("BRCA", "germline pathogenic", "germline", True),
    ("BRCA", "somatic", "germline", False),
    ("CD19", "partial", "negative", False),
    ("CD19", "90%", "positive", True),
    ("CD19", "0%", "negative", True),
    ("PDGFRA", "D842V", "mut", True),
    ("IDH1", "R132H", "mut", True),
    ("FLT3", "ITD", "positive", True),
    ("BCR::ABL1", "T315I", "positive", True),
    ("T315I", "mut", "positive", True),
    ("T315I", "pos", "positive", True),
    ("T315I", "neg", "positive", False),
    ("HLA", ["HLA-A*02:01", "A*24:02"], "A*02:01", True),
    ("HLA", ["A*02"], "A*02:01", None),
    ("HLA", ["A*24:02", "A*11:01"], "A*02:01", False),
    ("HLA", "A*02:01 negative", "A*02:01", False),
]


@pytest.mark.parametrize(("marker", "written", "word", "expected"), WORDS)
def test_words(marker: str, written: Any, word: str, expected: bool | None) -> None:
    value = read_value(marker, written)
    assert value is not None
    assert is_one_of(marker, value, wanted(marker, word)) is expected


NUMBERS: list[tuple[str, Any, str, float, bool | None]] = [
    ("CLDN18.2", 75, ">=", 75, True),
    ("CLDN18.2", 74.9, ">=", 75, False),
    ("CLDN18.2", "80 %", ">=", 75, True),
    ("CLDN18.2", "positive", ">=", 75, True),
    ("CLDN18.2", "neg", ">=", 75, False),
    ("PDL1_CPS", ">=1", ">=", 10, None),
    ("PDL1_CPS", "<1", ">=", 1, False),
    ("PDL1_CPS", "<=1", ">=", 1, None),
    ("PDL1_TPS", "60%", ">=", 50, True),
    ("PDL1_TPS", "≥50%", ">=", 50, True),
    ("TMB", "high", ">=", 10, True),
    ("TMB", "low", ">=", 10, False),
    ("TMB", "12 muts/Mb", ">=", 10, True),
    ("TMB", 10.0, ">=", 10, True),
    ("HRD", "positive", ">=", 42, True),
    ("MRD", "neg", ">=", 0.1, False),
    ("MRD", 0.1, ">=", 0.1, True),
]


@pytest.mark.parametrize(("marker", "written", "sign", "bound", "expected"), NUMBERS)
def test_numbers(marker: str, written: Any, sign: str, bound: float, expected: bool | None) -> None:
    value = read_value(marker, written)
    assert isinstance(value, Span)
    assert compare(value, sign, bound) is expected


@pytest.mark.parametrize("nothing", ["unknown", "not tested", "pending", "", None])
def test_a_test_that_was_not_done_is_no_result(nothing: Any) -> None:
    assert read_value("EGFR", nothing) is None
    assert read_value("PDL1_TPS", nothing) is None


def test_gene_groups_follow_their_genes() -> None:
    def group(**written: str) -> dict[str, Any]:
        read = {m: read_value(m, v) for m, v in written.items()}
        return with_gene_groups({m: v for m, v in read.items() if v is not None})

    both = group(BRCA1="neg", BRCA2="neg")["BRCA"]
    assert is_one_of("BRCA", both, wanted("BRCA", "positive")) is False
    one = group(BRCA1="neg", BRCA2="germline")["BRCA"]
    assert is_one_of("BRCA", one, wanted("BRCA", "germline")) is True
    assert "BRCA" not in group(BRCA1="neg")
    assert "KRAS" in group(RAS="WT")
    assert "KRAS" not in group(RAS="mut")


@given(st.floats(0, 100), st.floats(0, 100))
def test_a_measured_number_is_never_unknown(value: float, bound: float) -> None:
    span = Span(value, value)
    assert compare(span, ">=", bound) is (value >= bound)
    assert compare(span, ">", bound) is (value > bound)
    assert compare(span, "<=", bound) is (value <= bound)
    assert compare(span, "<", bound) is (value < bound)
