"""How the disease stands, as long letters and other languages tell it."""

from __future__ import annotations

import pytest

from bot.oncology.read import read

STANDS = {
    # Found only lately: a finding and a day, in either order.
    "Ayer nos dijeron que mi padre tiene cáncer de páncreas": "newly_diagnosed",
    "on vient de lui découvrir un cancer du rein": "newly_diagnosed",
    "w zeszłym tygodniu wykryto u mamy raka jelita": "newly_diagnosed",
    "geçen hafta anneme yumurtalık kanseri teşhisi kondu": "newly_diagnosed",
    "الاسبوع الماضي اكتشفنا ان والدتي مصابة بسرطان الثدي": "newly_diagnosed",
    "it is kidney cancer, they only told him on monday": "newly_diagnosed",
    # Nothing is there, or more of it, or less, in more languages.
    "ung thư vú, mổ xong, bác sĩ nói sạch bệnh": "remission",
    "سرطان الثدي، بعد العملية لا يوجد أي أثر": "remission",
    "मुझे लिंफोमा था, जाँच में कुछ नहीं निकला": "remission",
    "kanser sa suso, walang makita sa scan": "remission",
    "melanoma, noduli al polmone che crescono": "progressed",
    "bladder cancer on enfortumab, everything half gone": "on_treatment_responding",
    "the skin lymphoma is not answering to anything": "refractory",
    # What was found is not new, or a treatment was given.
    "yesterday they told me the lymphoma mutation is rare": None,
    "she is on letrozole for breast cancer, yesterday they found a cavity in a tooth": None,
    # A change of something else.
    "chemo for lymphoma is done, the side effects quickly got worse": None,
    "I have colon cancer and I have grown so tired of the questions": None,
    "his kidney cancer is treated with pazopanib, his hair is not growing back": None,
    "She had chemo for breast cancer and her depression has gotten worse": None,
    "On chemo for colon cancer, but the tumour has gotten worse": "progressed",
    # Hoped for, feared, expected.
    "surgery for sarcoma is over and I so hope it is gone": None,
    "tamoxifen to reduce the chance of my breast cancer coming back": None,
    "after chemo for melanoma they expect a recurrence at some point": None,
    "we were afraid, but the scan is clear after chemo for lymphoma": "remission",
    # A report that came back.
    "he had his pet scan for lung cancer and it came back with spots in the hip": None,
    "chemo for lung cancer over, then it came back in the hip": "relapsed",
    # The first person.
    "I relapsed in May, myeloma, after my transplant": "relapsed",
    "my sarcoma was cut out and it has grown in the same leg a third time": "relapsed",
    "I relapsed in 2021, a year after I was first told that my leukaemia was in remission, "
    "and had chemo": "relapsed",
    # The last one told counts, and giving up only where nothing tells more.
    "at first the lung cancer shrank on osimertinib, the last scans are the same": "stable",
    "throat cancer, it came back, after radiation there is no trace of it": "remission",
    "liver cancer on sorafenib, nothing more can be done they say": "refractory",
    "lung cancer grew again on chemo, nothing more can be done they say": "progressed",
    "AML, no remission after 7+3, the next chemo failed too": "refractory",
    # A finding that is new, after treatment.
    "cáncer de colon operado en 2021, ahora aparecieron nódulos en el pulmón": "relapsed",
    "radiation only shrunk one of my brain tumors and I had 5 more appear": "progressed",
    "लिवर कैंसर, कीमो चल रही है, नई गांठें निकल आईं": "progressed",
    # Other languages.
    "hindi nag remission ang leukemia niya kahit may chemo": "refractory",
    "lymphome, la chimio ne répond à aucun traitement": "refractory",
    "das Myelom spricht auf nichts mehr an": "refractory",
    "chłoniak, po chemii brak śladu choroby": "remission",
    "tumore al rene, terapia con sunitinib, malattia ferma da otto mesi": "stable",
    "saratani ya ini, chemo, uvimbe unaendelea kukua": "progressed",
}


@pytest.mark.parametrize(("said", "status"), STANDS.items())
def test_the_course_is_what_the_words_tell(said: str, status: str | None) -> None:
    assert read(said).facts().get("disease_status") == status


CANCERS = {
    "والدي مصاب بسرطان القولون": "colorectal",
    "اختي تعالج من ورم سحائي": "meningioma",
    "KLL hastasıyım": "cll_sll",
    "histiocytose langerhansienne chez mon fils": "lch",
    "mi esposo tiene cáncer de pene": "penile",
    "mama ma oponiaka": "meningioma",
    "a UPS in the thigh": "sts_other",
    "many ups and downs since my surgery": None,
    "radiation damaged my salivary glands": None,
}


@pytest.mark.parametrize(("said", "cancer"), CANCERS.items())
def test_the_cancer_is_known_by_its_name_in_many_languages(said: str, cancer: str | None) -> None:
    assert read(said).facts().get("cancer_type") == cancer


MARKERS = {
    "melanoma, no BRAF mutation": ("BRAF", "WT"),
    "pancreas, KRAS p.Gly12Asp": ("KRAS", "G12D"),
    "HER2 positivo 3 cruces, mama": ("HER2", "3+"),
    "cancer du côlon, KRAS sauvage": ("KRAS", "WT"),
    "kappa light chain 1200 mg/L": ("FLC", 1200),
    "EBV DNA zero copies": ("EBV_DNA", "neg"),
    "M band gone": ("M_protein", 0),
    "MRD <0.01 %": ("MRD", "neg"),
    "receptores de estrógeno positivos": ("ER", "pos"),
    "肝癌 甲胎蛋白 1200": ("AFP", 1200),
}


@pytest.mark.parametrize(("said", "result"), MARKERS.items())
def test_a_marker_is_read_as_reports_and_people_write_it(
    said: str, result: tuple[str, str | int]
) -> None:
    marker, value = result
    assert read(said).facts()["biomarkers"][marker] == value
