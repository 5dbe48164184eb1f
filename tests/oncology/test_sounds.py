"""Medicines written by ear in another script are heard; everyday words are not taken for any."""

from __future__ import annotations

import pytest

from bot.oncology.text import read_document
from bot.oncology.vocabulary import cancer_book, treatment_book

HEARD = (
    ("Врач назначил ритуксимаб и бендамустин", ["rituximab", "bendamustine"]),
    ("пьёт осимертиниб второй год", ["osimertinib"]),
    ("أخذت هرسبتين وكيترودا ثم جيمزار", ["trastuzumab", "pembrolizumab", "gemcitabine"]),
    ("والدي يأخذ سورافينيب", ["sorafenib"]),
    ("پدرم ایماتینیب می‌خورد", ["imatinib"]),
    ("ابو کو سسپلاٹین لگی", ["cisplatin"]),
    ("मम्मी को पैक्लिटैक्सेल और कार्बोप्लाटिन दी गई", ["paclitaxel", "carboplatin"]),
    ("पापा गेफिटिनिब खा रहे हैं", ["gefitinib"]),
    ("মাকে ট্রাস্টুজুমাব দেওয়া হয়েছে", ["trastuzumab"]),
    ("ইমাটিনিব খাচ্ছে", ["imatinib"]),
)
ORDINARY = (
    "Здравствуйте, подскажите, пожалуйста, сколько стоит консультация и какие документы отправить",
    "мы живём далеко от города, муж работает, дети маленькие, спасибо за помощь",
    "السلام عليكم، نحن من المغرب ونريد أن نعرف كم تكلف الاستشارة وهل تساعدون في التأشيرة",
    "الطبيب في المستشفى قال إن التقرير سيكون جاهزا الأسبوع القادم إن شاء الله",
    "سلام، دکتر گفت باید منتظر جواب آزمایش بمانیم، لطفا راهنمایی کنید",
    "السلام علیکم، ہسپتال والوں نے رپورٹ دے دی ہے، اب کیا کریں، برائے مہربانی بتائیں",
    "नमस्ते, हमें डॉक्टर ने कहा है कि रिपोर्ट लेकर अस्पताल आइए, कितना खर्च होगा बताइए",
    "আসসালামু আলাইকুম, ডাক্তার বলেছেন রিপোর্ট নিয়ে হাসপাতালে যেতে, কত টাকা লাগবে",
)


@pytest.mark.parametrize(("text", "names"), HEARD)
def test_a_medicine_written_by_ear_is_heard(text: str, names: list[str]) -> None:
    found = [hit.value.name for hit in treatment_book().find(read_document(text))]
    assert [name for name in names if name in found] == names


@pytest.mark.parametrize("text", ORDINARY)
def test_everyday_words_are_no_medicine_and_no_cancer(text: str) -> None:
    document = read_document(text)
    assert [hit.value.name for hit in treatment_book().find(document)] == []
    assert [hit.value.id for hit in cancer_book().find(document)] == []
