"""The made-up people of the console's test database, in the ways people really write."""
# ruff: noqa: E501

from __future__ import annotations

from bot.facts.case import CaseState
from bot.store import FileRef
from tests.console.seed import HELLO, MAY_WE, NEXT, Heard, Person

_INTAKE = CaseState.INTAKE


def _yes(text: str, *replies: str) -> Heard:
    return Heard(
        text, replies or ("Thank you. Tell me in your own words what was found.",), consent=True
    )


FATIMA = Person(
    "whatsapp", "+8801711000001", "Nusrat J.", "en", 7.5,
    (
        Heard(
            "Hi, my mother has ovarian cancer stage 3c, chemo stopped working, we are in Dhaka",
            (HELLO, MAY_WE), minutes=0,
            facts={
                "cancer_type": ("ovarian", "ovarian cancer"),
                "stage_group": ("IIIC", "stage 3c"),
                "disease_status": ("progressed", "chemo stopped working"),
                "country": ("BD", "Dhaka"), "city": ("Dhaka", "Dhaka"),
                "user_role": ("caregiver", "my mother"),
            },
        ),
        _yes("yes", "Thank you. Which treatments has she had so far?"),
        Heard(
            "carboplatin paclitaxel 6 cycles then surgery, then again carbo 4 cycles. "
            "CA-125 was 40 now 310 😢",
            (("How old is she?", ()),),
            facts={
                "treatments": (
                    [
                        {"name": "carboplatin", "class": "platinum", "modality": "chemo", "status": "done", "cycles": 6, "start": "2024-02", "end": "2024-07"},
                        {"name": "paclitaxel", "class": "taxane", "modality": "chemo", "status": "done", "cycles": 6, "start": "2024-02", "end": "2024-07"},
                        {"name": "surgery", "modality": "surgery", "status": "done", "start": "2024-09"},
                        {"name": "carboplatin", "class": "platinum", "modality": "chemo", "status": "done", "cycles": 4, "start": "2026-01", "end": "2026-05"},
                    ],
                    "carboplatin paclitaxel 6 cycles",
                ),
                "biomarkers": ({"CA-125": 310}, "CA-125 was 40 now 310"),
            },
        ),
        Heard(
            "54. আমার মা খুব দুর্বল, সারাদিন শুয়ে থাকেন না, কিন্তু কাজ করতে পারেন না",
            (("Was a biopsy done?", ("Yes, biopsy done", "Only a needle test", "Waiting for the result", "No biopsy")),),
            facts={
                "age_years": (54, "54"),
                "ecog": (2, "সারাদিন শুয়ে থাকেন না, কিন্তু কাজ করতে পারেন না", 0.72),
            },
        ),
        Heard(
            "biopsy yes. report attached", ("Thank you: pathology report received.",),
            facts={"histology_confirmed": ("biopsy_yes", "biopsy yes")},
            files=(FileRef(name="biopsy report ‮fdp.exe", content_type="application/pdf", size=482_113, key="ab/" + "0" * 40),),
        ),
        Heard(
            "Is there any treatment that works when chemo does not? doctor said PARP but "
            "also said gene test is too costly. Can you tell the cost??",
            ("I cannot tell prices. A coordinator will answer this.",
             "From what you told me, a second opinion may be worth asking a specialist about.",
             "Please start collecting: first pathology report, IHC report, scan files.", NEXT),
            state=CaseState.ASSESSED, assessed="ovarian",
            question="Can you tell the cost of the gene test?", handover="question",
        ),
    ),
)  # fmt: skip

YUSUF = Person(
    "telegram", "70002", "أبو يوسف", "ar", 1.4,
    (
        Heard("السلام عليكم", (HELLO, MAY_WE), minutes=0),
        _yes("نعم أوافق", "شكرا. أخبرني بكلماتك ماذا وجد الأطباء."),
        Heard(
            "والدي عنده سرطان الغدد اللمفاوية DLBCL رجع المرض بعد ٦ أشهر من R-CHOP ونحن في بغداد",
            ("شكرا. كم عمره؟",),
            facts={
                "cancer_type": ("dlbcl_lbcl", "DLBCL"),
                "disease_status": ("relapsed", "رجع المرض"),
                "months_to_relapse": (6, "بعد ٦ أشهر"),
                "treatments": ([{"name": "R-CHOP", "modality": "chemo", "status": "done", "cycles": 6}], "R-CHOP"),
                "country": ("IQ", "بغداد"), "city": ("Baghdad", "بغداد"),
                "user_role": ("caregiver", "والدي"),
            },
        ),
        Heard(
            "٦١ سنة. يمشي في البيت لكنه لا يعمل", ("شكرا.", NEXT),
            facts={"age_years": (61, "٦١ سنة"), "ecog": (2, "يمشي في البيت لكنه لا يعمل")},
            state=CaseState.ASSESSED, assessed="lymphoma",
        ),
    ),
)  # fmt: skip

GRACE = Person(
    "whatsapp", "+260970000003", "Grace M.", "en", 0.6,
    (
        Heard("good evening is this for cancer patients", (HELLO, MAY_WE), minutes=0),
        _yes("Yes"),
        Heard(
            "my husband has lung cancer stage 4 on chemo since march. now he is gasping, can't breathe lying "
            "down and lips blue what do we do",
            ("This sounds like an emergency. Please go to the nearest hospital now or call 991. Say "
             "that he has cancer and when he last had treatment. Do not wait for us.",
             ("Is someone with him now?", ("Yes", "No"))),
            facts={
                "cancer_type": ("nsclc", "lung cancer", 0.66),
                "stage_group": ("IVA", "stage 4"),
                "symptoms": ([{"name": "breathlessness", "severity": 9}], "gasping, can't breathe"),
                "country": ("ZM", "+260"),
            },
            flags=("RF1",), state=CaseState.EMERGENCY, assessed="emergency", handover="red_flag",
        ),
        Heard("yes my brother we are calling taxi", ("Good. Go now. A coordinator was told.",), minutes=3),
    ),
)  # fmt: skip

WEI = Person(
    "telegram", "70004", "Wei", "en", 5,
    (
        Heard("/start", (HELLO, MAY_WE), minutes=0),
        _yes("ok", "Thank you. Tell me what was found."),
        Heard(
            "NSCLC adeno stage IV EGFR del19, osimertinib 14 months, now progression in liver, "
            "pain 8/10 since two days, cannot sleep",
            ("Pain that strong should be treated today. Please call the hospital that knows her.",
             "I noted: lung cancer, stage IV, EGFR."),
            facts={
                "cancer_type": ("nsclc", "NSCLC"), "cancer_subtype": ("adenocarcinoma", "adeno"),
                "stage_group": ("IV", "stage IV"), "biomarkers": ({"EGFR": "ex19del"}, "EGFR del19"),
                "metastatic_sites": (["liver"], "progression in liver"),
                "extent": ("metastatic", "progression in liver"),
                "treatments": ([{"name": "osimertinib", "class": "EGFR_TKI", "modality": "targeted", "status": "ongoing"}], "osimertinib 14 months"),
                "symptoms": ([{"name": "pain", "severity": 8}], "pain 8/10"),
            },
            flags=("RF16",), assessed="lung", state=CaseState.ASSESSED, handover="red_flag",
        ),
    ),
)  # fmt: skip

LONG = Person(
    "webchat", "chat-long", "Maria", "en", 50,
    (
        Heard("hello", (HELLO, MAY_WE), minutes=0),
        _yes("yes please"),
        Heard(
            "breast cancer, triple negative", ("Thank you.",),
            facts={"cancer_type": ("breast_tnbc", "breast cancer, triple negative")},
        ),
        *(
            Heard(
                f"day {n // 4 + 1}: another small thing I remembered, the {n + 1}. time I write today. "
                + "It is a long story and I hope that is alright. " * (n % 3),
                ("Thank you, I noted it.",), minutes=11,
            )
            for n in range(64)
        ),
    ),
)  # fmt: skip

HOSTILE = Person(
    "webchat", "chat-hostile", "<script>alert(1)</script>", "en", 30,
    (
        Heard("<img src=x onerror=\"document.title='owned'\">", (HELLO, MAY_WE), minutes=0),
        _yes("yes"),
        Heard(
            "</p><script>document.title='owned'</script> {{ 7*7 }} \u202eesrever\u202c \x07\x1b[31m "
            + "W" * 900,
            ("Thank you.",),
            facts={
                "cancer_type": ("colorectal", "<script>document.title='owned'</script>"),
                "city": ("<b onmouseover=alert(1)>Paris</b>", "W" * 300),
            },
        ),
    ),
)  # fmt: skip

QUIET = tuple(
    Person(
        channel, f"quiet-{n}", name, "en", hours,
        (
            Heard("hi", (HELLO, MAY_WE), minutes=0),
            _yes("yes"),
            Heard(
                text, ("Thank you. Where is the patient now?",),
                facts={"cancer_type": (cancer, text), **({"country": (country, text)} if country else {})},
                failed=n == 3,
            ),
        ),
    )
    for n, (channel, name, hours, text, cancer, country) in enumerate(
        (
            ("whatsapp", "Ravi", 26, "papa ko mouth cancer hai, gutka", "hnscc", "IN"),
            ("telegram", "Олена", 33, "у мами рак підшлункової", "pancreatic", "UA"),
            ("webchat", "Sam", 8, "multiple myeloma, third relapse", "multiple_myeloma", "KE"),
            ("whatsapp", "Aylin", 71, "kolon kanseri", "colorectal", "TR"),
            ("whatsapp", "José", 12, "mi esposa tiene cáncer de mama her2 positivo", "breast_her2_pos", "PE"),
            ("telegram", "Nguyễn", 90, "gan, hcc", "hcc", "VN"),
        )
    )
)  # fmt: skip

SILENT = Person(
    "telegram", "70009", "Tunde", "en", 3, (Heard("hello?", (HELLO, MAY_WE), minutes=0),)
)

PEOPLE = (FATIMA, YUSUF, GRACE, WEI, LONG, HOSTILE, *QUIET, SILENT)
