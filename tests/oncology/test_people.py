"""Who writes about whom, the patient's age and sex, and what the patient may know."""

from __future__ import annotations

from typing import Any

import pytest

from bot.oncology import read
from bot.oncology.people import read_people
from bot.oncology.text import read_document


def heard(text: str, asks: str | None = None) -> dict[str, Any]:
    return {m.fact: m.value for m in read_people(read_document(text), asks)}


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("Hi my mother has ovarian cancer stage 3c", "caregiver"),
        ("papa ko liver cancer hai", "caregiver"),
        ("ma k ca ovary", "caregiver"),
        ("I'm writing for my aunt", "caregiver"),
        ("I am her daughter", "caregiver"),
        ("on behalf of my friend with myeloma", "caregiver"),
        ("আমার মায়ের ক্যান্সার", "caregiver"),
        ("I have breast cancer", "patient"),
        ("i was diagnosed with DLBCL in 2021", "patient"),
        ("my daughter is helping me, i have myeloma", "patient"),
        ("I am a patient of CLL", "patient"),
        ("my pt 54M HCC", "doctor"),
        ("I am his treating oncologist", "doctor"),
        ("I am referring a patient", "doctor"),
    ],
)
def test_who_is_writing(text: str, role: str) -> None:
    assert heard(text).get("user_role") == role


@pytest.mark.parametrize(
    ("text", "asks", "role"),
    [
        ("me", "user_role", "patient"),
        ("son", "user_role", "caregiver"),
        ("is there hope", None, None),
    ],
)
def test_short_answers_about_the_writer(text: str, asks: str | None, role: str | None) -> None:
    assert heard(text, asks).get("user_role") == role


@pytest.mark.parametrize(
    ("text", "asks", "years"),
    [
        ("72yrs old man", None, 72),
        ("aged 45", None, 45),
        ("45/F ca breast", None, 45),
        ("45M", None, 45),
        ("my wife (47) has colon cancer", None, 47),
        ("I am 30, my mother is 62 has breast cancer", None, 62),
        ("my son is 7 years old", None, 7),
        ("fifty five years old lady", None, 55),
        ("8 mo old baby with neuroblastoma", None, 0),
        ("umar 60 saal", None, 60),
        ("72", "age_years", 72),
        ("about 60", "age_years", 60),
        ("sixty two", "age_years", 62),
        ("18 months", "age_years", 1),
        ("diabetic for 10 years", None, None),
        ("diagnosed 3 years ago", None, None),
        ("smoked 30 years", None, None),
        ("my neighbour is 50 years old and had cancer", None, None),
    ],
)
def test_age(text: str, asks: str | None, years: int | None) -> None:
    assert heard(text, asks).get("age_years") == years


def test_age_of_a_baby_in_months() -> None:
    assert heard("8 mo old baby")["age_months"] == 8


@pytest.mark.parametrize(
    ("text", "sex"),
    [
        ("my mother has cancer", "female"),
        ("papa ko cancer hai", "male"),
        ("45/F", "female"),
        ("62 year old gentleman", "male"),
        ("she has lung cancer", "female"),
        ("my cousin has lung cancer", None),
        ("lung cancer stage 4", None),
    ],
)
def test_sex(text: str, sex: str | None) -> None:
    assert heard(text).get("sex") == sex


@pytest.mark.parametrize(
    "text",
    [
        "he must not know",
        "don't tell him he has cancer",
        "she doesn't know she has cancer",
        "we have not told my father",
        "please keep it secret from my mother",
        "papa ko nahi pata unko cancer hai",
    ],
)
def test_what_the_patient_must_not_know(text: str) -> None:
    assert heard(text)["non_disclosure"] is True


@pytest.mark.parametrize("text", ["does he qualify", "do you know him", "he knows and agrees"])
def test_no_secret_where_there_is_none(text: str) -> None:
    assert "non_disclosure" not in heard(text)


def test_languages() -> None:
    assert heard("I speak Bengali")["language"] == "bn"
    assert heard("the reports are in Arabic")["records_language"] == "ar"
    assert heard("Tamil", "language")["language"] == "ta"
    assert "language" not in heard("Hindi songs")


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("My hands are numb since oxaliplatin", "patient"),
        ("I took capecitabine for a year", "patient"),
        ("grandfather, 81, bladder cancer", "caregiver"),
        ("mi madre tiene cancer, folfox 6", "caregiver"),
        ("amar mayer breast cancer", "caregiver"),
        ("papa's scan shows the tumor grew", "caregiver"),
        ("the donor is my brother, AML", None),
        ("I have a question about proton therapy", None),
        ("my phone number is new", None),
        ("my colleague had Enhertu, my wife has breast cancer", "caregiver"),
    ],
)
def test_the_writer_is_told_by_what_is_called_ones_own(text: str, role: str | None) -> None:
    assert heard(text).get("user_role") == role


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("tia 61 cancer de mama", 61),
        ("I am Grace 44 from Kumasi, myeloma", 44),
        ("amar meye 12 bochor, leukemia", 12),
        ("my husband 25 radiation done", None),
        ("mother 40 kg only", None),
        ("she is 20 weeks pregnant", None),
    ],
)
def test_a_number_beside_a_person(text: str, years: int | None) -> None:
    assert heard(text).get("age_years") == years


def test_i_am_with_an_apostrophe_is_no_sex() -> None:
    for text in ("I'm 38 in Hanoi", "I’m 45, from Cairo"):
        facts = read(text).facts()
        assert "sex" not in facts, text


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        (
            "I'm Asha, 41, Mombasa. Stage 3 breast cancer, mastectomy done, on letrozole now. "
            "(My cousin in Leeds is on olaparib for hers.)",
            ["surgery", "letrozole"],
        ),
        (
            "Me 50, stage 4 lung, osimertinib since May. My flatmate takes lenalidomide for "
            "myeloma, not the same thing.",
            ["osimertinib"],
        ),
        (
            "Papa 70, stage 4 prostate cancer, on abiraterone. My auntie in Toronto got "
            "pembrolizumab and is great",
            ["abiraterone"],
        ),
        (
            "Dad has kidney cancer stage 4, on sunitinib. My uncle's friend was given nivolumab",
            ["sunitinib"],
        ),
        (
            "Mi madre 60, cáncer de mama estadio 4, toma letrozol. Una amiga toma olaparib",
            ["letrozole"],
        ),
        (
            "Ma mère, 62 ans, cancer du sein stade 4, sous letrozole. Une amie prend de l'olaparib",
            ["letrozole"],
        ),
        (
            "Mummy 66, colon cancer stage 3, FOLFOX chal raha. Chachi ko 2012 me breast cancer "
            "tha, tamoxifen li, ab theek hai",
            ["FOLFOX"],
        ),
        ("My aunt has stage 3 ovarian cancer. She is on olaparib", ["olaparib"]),
        ("My friend has myeloma stage 2. He took lenalidomide", ["lenalidomide"]),
        ("Mum is stage 4. My aunt takes care of her. She is on letrozole", ["letrozole"]),
        ("My aunt called you once. My father, stage 4, is on imatinib", ["imatinib"]),
        ("People keep telling me about Keytruda. Stage 4 lung, 60", []),
        ("Stage 4 lung, 55. A man at the mosque took Tagrisso and is cured", []),
        (
            "Mum's friend from church takes letrozole. Mum 66, breast stage 2, had surgery",
            ["surgery"],
        ),
        ("My mum's friend has breast cancer and takes letrozole", ["letrozole"]),
        ("My boss lady, 50, has breast cancer, takes letrozole", ["letrozole"]),
        ("CLL, Rai 0, watch and wait", []),
        ("thyroid cancer, RAI 2 doses", ["I-131"]),
        ("told not to take tamoxifen because of clots, on anastrozole", ["anastrozole"]),
        ("Stage 1, surgery done. Not sure if I should get carboplatin", ["surgery"]),
    ],
)
def test_what_another_person_takes_is_not_the_patients(text: str, taken: list[str]) -> None:
    treatments = (m.value["name"] for m in read(text).mentions if m.fact == "treatments")
    assert list(treatments) == taken


def test_a_widow_who_is_ill_herself_is_the_patient() -> None:
    text = "My late wife had glioblastoma and Avastin. Now it's me, 61, they suspect lymphoma"
    told = {m.fact: m.value for m in read(text).mentions}
    assert told.get("age_years") == 61
    assert "treatments" not in told
