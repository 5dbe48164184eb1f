"""The age is the patient's, and of now: lengths of time, children and writers have others."""

from __future__ import annotations

import pytest

from bot.oncology import read

AGES = [
    ("I'm now 2 years out from my last surgery for osteosarcoma", None),
    ("today I am 25 years cancer free, stage 4 colon cancer back then", None),
    ("looking for trials for my wife of 15 years, triple negative breast cancer", None),
    ("my dad has liver cancer, 37 years with him were too few", None),
    ("she was supposed to have another good 30 years or so", None),
    ("nobody knows what happens 7 years from today", None),
    ("I'm 99.9% sure it is back", None),
    ("I weighed 85.7 lbs when they found the lymphoma", None),
    ("I have myeloma and I'm in my 40's", None),
    ("I have colon cancer stage 4. My 5 year old son is with my mother", None),
    ("I have breast cancer, my son (8) does not know", None),
    ("I have breast cancer, I am 39, my daughter is 6 years old", 39),
    ("my mother has ovarian cancer. I'm 20 and do everything alone", None),
    ("my dad is 68, lung cancer, and I'm 36", 68),
    ("almost 10 years ago when I was 21 I had Hodgkin lymphoma", None),
    ("I was diagnosed in 2016 at the age of 33, rectal cancer", None),
    ("my 50 year old dad was diagnosed with colorectal cancer", 50),
    ("my 14 year old daughter has Hodgkin lymphoma", 14),
    ("my 2 year old son has neuroblastoma stage 4", 2),
    ("I (32m) was diagnosed with esophageal cancer", 32),
    ("I'm a 15 year old boy with lung cancer", 15),
    ("I'm 38 married father of 2 children, melanoma stage 4", 38),
    ("52/M/Mombasa/nasopharynx cancer/stage IVA", 52),
    ("PCNSL, 58M, Karachi. Relapse 8/12 later", 58),
    ("he was 4 when they found neuroblastoma, now 15 and relapsed", 15),
    ("mi nena tiene 5 añitos, hepatoblastoma", 5),
    ("córka 8 lat, czaszkogardlak", 8),
    ("72 yrs with lung cancer, Dhaka", 72),
    ("my wife (36f) has breast cancer, we have two children, 3 and 5 years old", 36),
]


@pytest.mark.parametrize(("text", "age"), AGES)
def test_the_age_is_the_patients_and_of_now(text: str, age: int | None) -> None:
    assert read(text).facts().get("age_years") == age
