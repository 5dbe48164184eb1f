"""How the disease stands: told in set phrases, or by what is seen and how it changed."""

from __future__ import annotations

from typing import Any

import pytest

from bot.oncology import read


def status(text: str, asks: str | None = None) -> Any:
    return read(text, asks=asks).facts().get("disease_status")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the lumps have become smaller", "on_treatment_responding"),
        ("30 % reduction on CT", "on_treatment_responding"),
        ("the mass is bigger than in May", "progressed"),
        ("spots in lungs are enlarging", "progressed"),
        ("new nodules in the liver", "progressed"),
        ("the tumour is same as before", "stable"),
        ("PET scan is clear", "remission"),
        ("nothing seen on MRI", "remission"),
        ("the nodes came back", "relapsed"),
        ("3 years later new lumps", "relapsed"),
    ],
)
def test_what_is_seen_tells_how_the_disease_stands(text: str, expected: str) -> None:
    assert status(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "no new lesions",
        "cancer gone to bones",
        "we do the PET again next week",
        "MRI of the knee is normal",
        "node negative",
        "marker is less than 5",
        "is there nothing left to try",
        "is the tumor bigger than 5 cm a problem?",
        "my neighbour's tumour is bigger",
        "her liver enzymes are up",
    ],
)
def test_no_status_where_none_is_told(text: str) -> None:
    assert status(text) is None


BRAIN = (
    ("nsclc, brain metastases not treated yet, osimertinib", "untreated_or_symptomatic"),
    ("no treatment for the brain mets so far", "untreated_or_symptomatic"),
    ("untreated brain mets", "untreated_or_symptomatic"),
    ("metastasis cerebrales sin tratar", "untreated_or_symptomatic"),
    ("brain mets treated with gamma knife 2024", "treated_stable"),
    ("spread to brain and bones, growing now", None),
    ("no brain mets, stable", None),
)


@pytest.mark.parametrize(("text", "status"), BRAIN)
def test_what_was_done_about_spots_in_the_brain(text: str, status: str | None) -> None:
    facts = read(text).facts()
    assert facts.get("brain_mets_status") == status
    assert "treatments_none" not in facts
    assert facts.get("disease_status") != "newly_diagnosed"


TOLD = (
    (
        "FLOT and surgery for gastric cancer, PET all clear in August. Now CT says neck nodes new",
        "relapsed",
    ),
    ("lymphoma, axi-cel, CR at day 30, then new axillary nodes on the PET", "relapsed"),
    (
        "bowel cancer, folfox finished, all was fine until this winter when the CEA went up",
        "relapsed",
    ),
    ("muh ka cancer, operation aur 30 sikai, ab phir se ghaav ho gaya", "relapsed"),
    ("breast cancer, chemo done 2023, biopsy me wapas wahi cancer aaya", "relapsed"),
    ("blood cancer, chemo, he was well two months and now white cells high again", "relapsed"),
    ("hodgkin, ABVD finished, PET shows disease again in the spleen", "relapsed"),
    ("kanker hati, sekarang lenvatinib tapi AFP naik 8000", "progressed"),
    ("cáncer de próstata, enzalutamida y docetaxel, el PSA subió a 340", "progressed"),
    ("рак простаты, доцетаксел, ПСА вырос", "progressed"),
    ("cancer de l'hypopharynx, chimio et rayons, des taches nouvelles au poumon", "progressed"),
    ("cáncer de colon, FOLFOX 6 ciclos, salieron manchas nuevas en el hígado", "progressed"),
    ("ساركوما، جيمسيتابين ٦ دورات، الأشعة تظهر نقائل رئوية جديدة", "progressed"),
    ("lung adeno, gefitinib 14 months, then T790M came", "progressed"),
    ("lung cancer, osimertinib 2 years, rebiopsy small cell transformation", "progressed"),
    ("osteosarcoma, cisplatin adriamycin 2 dora, el CT 6 nodules fel re2a", "progressed"),
    ("oggnashoy er cancer, gemcitabine 6 cycle, ekhon liver e dag", "progressed"),
    ("CML mother, imatinib 6 years, now t315i came", "refractory"),
    ("desmoid, sorafenib od roku, w rezonansie się zmniejsza", "on_treatment_responding"),
    (
        "mieloma, autotrasplante, lenalidomida, hoy respuesta muy buena parcial",
        "on_treatment_responding",
    ),
    ("سرطان رئة، أليكتينيب منذ ١٨ شهر والاستجابة ممتازة", "on_treatment_responding"),
    (
        "small cell lung cancer, on tarlatamab, lung mass a third of what it was",
        "on_treatment_responding",
    ),
    ("ovarian, carbo taxol x6, 14 months na po clear lahat ng CT", "remission"),
    ("पेट का कैंसर, 4 FLOT, ऑपरेशन हो गया। एंडोस्कोपी और सीटी दोनों नॉर्मल", "remission"),
    ("anal cancer, chemoradiation 2024, anoscopy clear 4 times", "remission"),
    ("esophagus cancer, chemo and radiation, operated, no cancer in specimen", "remission"),
    ("papillary thyroid cancer, surgery only, nothing found since", "remission"),
    ("Should my boy (8, ALL, remission) stop 6-MP when he has a cold?", "remission"),
    ("myeloma, not treated with anything, only found last month", "newly_diagnosed"),
    ("linfoma di Hodgkin stadio 2, scoperto martedì", "newly_diagnosed"),
    ("please help my nephew with DIPG diagnosed 3 weeks back by MRI only", "newly_diagnosed"),
    ("cáncer de pulmón, detectado el jueves", "newly_diagnosed"),
    ("waisa hi hai, na bada hua na chhota", "stable"),
    ("sarcoma, chemo, el tumor ni crecio ni se achico", "stable"),
)


@pytest.mark.parametrize(("text", "expected"), TOLD)
def test_the_course_as_people_tell_it(text: str, expected: str) -> None:
    assert status(text, asks="disease_status" if len(text) < 40 else None) == expected


@pytest.mark.parametrize(
    "text",
    [
        "cancer du poumon, mon mari marche bien et il mange",
        "breast cancer operated, no cancer in the margins",
        "prostate cancer, does the PSA go up with age?",
    ],
)
def test_what_only_sounds_like_a_course_says_nothing(text: str) -> None:
    assert status(text) is None


def test_a_question_back_is_no_return_of_the_disease() -> None:
    assert status("one question back, I pressed wrong button", asks="disease_status") is None


@pytest.mark.parametrize(
    "text",
    [
        "lung cancer, biopsy came back on tuesday",
        "the results came back yesterday, breast cancer",
        "CT scan has come back clear, colon cancer operated",
        "stomach cancer, gastrectomy 2024 and nothing came back so far",
        "the pathology came back as carcinoma",
    ],
)
def test_papers_that_come_back_are_no_relapse(text: str) -> None:
    assert status(text) != "relapsed"


@pytest.mark.parametrize(
    "text",
    [
        "it came back after the scan",
        "his lymphoma has come back",
        "scan: came back in the lungs",
        "after the biopsy the cancer returned",
    ],
)
def test_a_disease_that_comes_back_is_a_relapse(text: str) -> None:
    assert status(text) == "relapsed"
