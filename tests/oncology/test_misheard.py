"""Numbers and words that stand beside a fact and are none of it."""

from __future__ import annotations

import pytest

from bot.oncology import read

NONE_OF_IT = [
    ("prednisolone 6 weeks for the lung", "steroid_pred_mg"),
    ("on prednisolone 40 days", "steroid_pred_mg"),
    ("dexamethasone 3 days each cycle, myeloma", "steroid_pred_mg"),
    ("my child is 14 months, neuroblastoma", "child_pugh"),
    ("acute leukemia, child 6, Homs", "child_pugh"),
    ("my child a boy of 9 has leukemia", "child_pugh"),
]


@pytest.mark.parametrize(("text", "fact"), NONE_OF_IT)
def test_what_is_no_such_fact_leaves_it_empty(text: str, fact: str) -> None:
    assert fact not in read(text).facts()


@pytest.mark.parametrize("words", ["child pugh b", "Child-Pugh B7", "child class b", "CP B"])
def test_a_liver_score_is_heard_and_makes_no_child_of_the_patient(words: str) -> None:
    facts = read(f"liver cancer with hep B, cirrhosis, {words}").facts()
    assert (facts["child_pugh"], facts["cancer_type"]) == ("B", "hcc")


@pytest.mark.parametrize(
    "text",
    [
        "melanoma stage 3 removed",
        "kidney cancer stage 1 removed",
        "stage 3c1, operated, cervix cancer",
        "boy 4, operated, medulloblastoma",
    ],
)
def test_a_stage_or_an_age_counts_no_operations(text: str) -> None:
    [operation] = read(text).facts()["treatments"]
    assert "cycles" not in operation


def test_two_operations_are_counted() -> None:
    [operation] = read("2 operations for colon cancer").facts()["treatments"]
    assert operation["cycles"] == 2


@pytest.mark.parametrize(
    "text",
    [
        "operated two times, they say not possible now, pancreas cancer",
        "the answer of the tumour is not responding enough",
        "he had a fit last week, on keppra since, none today",
    ],
)
def test_no_emergency_is_made_of_it(text: str) -> None:
    assert not read(text).flags


def test_did_without_a_person_tells_and_with_one_asks() -> None:
    [told] = read("anal cancer. did chemo 6 times").facts()["treatments"]
    assert told["cycles"] == 6
    assert "treatments" not in read("did he get rituximab before?").facts()


@pytest.mark.parametrize(
    "text",
    [
        "cholangiocarcinome non opérable d'après deux chirurgiens",
        "tumore del pancreas non operabile",
        "nicht operabel, Pankreaskrebs",
        "cáncer de páncreas no operable",
    ],
)
def test_not_operable_is_no_operable(text: str) -> None:
    assert read(text).facts()["told_inoperable"] is True


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("chordoma of the sacrum, I'm 45, male, Doha (from Nepal)", "QA"),
        ("ana min Sudan bas sakin fi Riyadh, 40, lymphoma", "SA"),
        ("hepatoblastoma, terminamos en abril. Asunción", "PY"),
    ],
)
def test_where_the_patient_is_and_not_where_from(text: str, country: str) -> None:
    assert read(text).facts()["country"] == country


@pytest.mark.parametrize(
    ("text", "fact", "value"),
    [
        ("breastfeeding our 3 month baby, breast cancer stage 2, 35, Jaipur", "age_years", 35),
        ("mother in Kabul, I am in Hamburg, she has colon cancer", "country", "AF"),
        ("I am in Hamburg, I have colon cancer, my mother in Kabul cries", "country", "DE"),
        ("pancreas cancer, the surgeon says no", "told_inoperable", True),
        ("7+3 diye remission, ekhon abar ferot eseche 5 mash por", "disease_status", "relapsed"),
        ("the hcg is not coming down, choriocarcinoma", "disease_status", "progressed"),
    ],
)
def test_it_is_the_patients_and_of_now(text: str, fact: str, value: object) -> None:
    assert read(text).facts()[fact] == value


def test_a_drug_that_is_not_possible_was_not_given() -> None:
    facts = read("cisplatin not possible because of the kidneys, bladder cancer").facts()
    assert "treatments" not in facts
