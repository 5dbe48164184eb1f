"""Papers as families send them, made on the spot: PDFs, scans, photos, DICOM, archives."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from fpdf import FPDF
from PIL import Image, ImageDraw, ImageFont
from pydicom.data import get_testdata_file

TODAY = date(2026, 11, 21)
FONT = Path(__file__).parents[2] / "bot" / "records" / "fonts" / "NotoSans-Regular.ttf"


def days_ago(days: int) -> str:
    return (TODAY - timedelta(days=days)).strftime("%d %B %Y")


def text_pdf(text: str, password: str | None = None) -> bytes:
    """A PDF with a text layer."""
    pdf = FPDF()
    pdf.set_creation_date(datetime(2026, 1, 1, tzinfo=UTC))  # the same text is the same file
    pdf.add_font("noto", fname=FONT)
    pdf.set_font("noto", size=10)
    pdf.add_page()
    pdf.multi_cell(0, 5, text)
    if password:
        pdf.set_encryption(owner_password="owner", user_password=password)
    return bytes(pdf.output())


def page_picture(text: str, size: tuple[int, int] = (1240, 1754)) -> Image.Image:
    """A page as a camera or scanner sees it."""
    image = Image.new("L", size, 238)
    font = ImageFont.truetype(str(FONT), 30)
    ImageDraw.Draw(image).multiline_text((80, 80), text, fill=25, font=font, spacing=14)
    return image


def scanned_pdf(text: str) -> bytes:
    """A PDF that holds a picture of a page and no text."""
    pdf = FPDF()
    pdf.add_page()
    pdf.image(page_picture(text), x=0, y=0, w=210)
    return bytes(pdf.output())


def photo(text: str, kind: str = "JPEG") -> bytes:
    """A phone's photo of a page, a little askew."""
    data = io.BytesIO()
    page_picture(text).rotate(1.2, fillcolor=120).convert("RGB").save(data, kind, quality=80)
    return data.getvalue()


def dicom(name: str) -> bytes:
    """A file of pydicom's own test data."""
    return Path(str(get_testdata_file(name, download=False))).read_bytes()


def zipped(entries: Sequence[tuple[str, bytes]]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return data.getvalue()


def scan_cd() -> bytes:
    """What a hospital's CD holds: slices, a viewer program, a page that starts it."""
    slices = [(f"DICOM/S1/I{number:03}", dicom("CT_small.dcm")) for number in range(30)]
    return zipped([*slices, ("VIEWER.EXE", b"MZ" + b"\0" * 500), ("index.html", b"<html>")])


PATHOLOGY = f"""DEPARTMENT OF PATHOLOGY
SURGICAL PATHOLOGY REPORT
Accession: S26-1182   Received: {days_ago(203)}   Reported: {days_ago(200)}
Specimen: Core biopsy, right upper lobe
Clinical history: CT chest showed a 4 cm mass
Gross description: four cores, 12 mm each
Microscopic description: sections show adenocarcinoma, acinar pattern
Final diagnosis: Adenocarcinoma of the lung, margins not applicable"""
IHC = f"""PATHOLOGY LABORATORY
IMMUNOHISTOCHEMISTRY REPORT
Block: A1  Date: {days_ago(190)}
TTF-1 positive, CK7 positive, CK20 negative, p53 wild type
PD-L1 clone 22C3, tumor proportion score 60%, antibody controls adequate"""
CT = f"""CITY IMAGING CENTRE
CECT CHEST AND ABDOMEN
Date of study: {days_ago(120)}
Technique: axial sections after intravenous contrast
Findings: spiculated lesion in the right upper lobe, mediastinal lymphadenopathy
Comparison: previous study. Impression: stable disease by RECIST.
Radiologist: Dr A. Rahman"""
PET = f"""NUCLEAR MEDICINE
WHOLE BODY FDG PET-CT
Date: {days_ago(21)}   Injected: 370 MBq F-18 FDG
Findings: hypermetabolic lesion, SUVmax 11.2, right hilar uptake
Impression: metabolic progression"""
NGS = f"""COMPREHENSIVE GENOMIC PROFILING
Report date: {days_ago(150)}
Gene  Variant  Exon  VAF
EGFR  missense L858R  exon 21  34% (pathogenic, tier I)
TP53 variant 12%   TMB 6   microsatellite stable   coverage 800x"""
DISCHARGE = f"""ST MARY HOSPITAL
DISCHARGE SUMMARY
Date of admission: {days_ago(40)}   Date of discharge: {days_ago(33)}
Diagnosis: carcinoma lung on biopsy
Hospital course: admitted with pneumonia. CT scan showed consolidation. Bloods improved.
Condition at discharge: stable. Advice on discharge: review in one week."""
BLOODS = f"""CENTRAL LABORATORY
COMPLETE BLOOD COUNT AND LIVER FUNCTION TEST
Collected: {days_ago(5)}
Haemoglobin 10.2 g/dl  WBC 6.1  Platelets 180  Neutrophils 60
Creatinine 0.9  Bilirubin 0.7  ALT 30  AST 28  Albumin 3.8  reference range in brackets"""
LETTER = f"""ONCOLOGY CLINIC LETTER
Date: {days_ago(12)}
Dear colleague, thank you for referring this gentleman.
Impression: progression on first line treatment. On examination well.
Plan: follow up in three weeks. Question: is a trial possible?
Kind regards, Consultant oncologist"""
CHEMO = f"""CHEMOTHERAPY TREATMENT RECORD
Regimen: carboplatin AUC 5 and pemetrexed 500 mg/m2
Cycle 1 day 1: {days_ago(300)}   Cycle 2: {days_ago(279)}   Cycle 3: {days_ago(258)}
Premedication given. Response: partial. Stopped for progression."""
RADIOTHERAPY = f"""RADIOTHERAPY SUMMARY
Completed: {days_ago(90)}
Total dose 60 Gy in 30 fractions, IMRT, PTV 240 cc, GTV 80 cc, linac 6 MV"""
ECHO = f"""ECHOCARDIOGRAPHY REPORT
Date: {days_ago(200)}
Left ventricle normal. Ejection fraction (LVEF) 60%. Mitral and tricuspid valves normal.
No regurgitation. Diastolic function normal."""
SPANISH = f"""HOSPITAL GENERAL
INFORME DE ANATOMÍA PATOLÓGICA
Fecha: {(TODAY - timedelta(days=80)).strftime("%d/%m/%Y")}
Macroscopia: cuatro cilindros. Microscopia: adenocarcinoma infiltrante."""
MEDICINES = """LIST OF MEDICINES
Tab dexamethasone 4 mg once daily after food
Tab apixaban 5 mg BD
Cap omeprazole 20 mg OD"""


@dataclass(frozen=True)
class Sent:
    """A file as it is sent, and what it is. `sure`: it must be recognised without a question."""

    label: str
    data: bytes = field(repr=False)
    name: str
    right: str
    caption: str = ""
    sure: bool = True


def twenty_papers() -> list[Sent]:
    """Mixed papers of one lung cancer patient."""
    word = zipped(
        [
            (
                "word/document.xml",
                "".join(f"<w:p>{line}</w:p>" for line in LETTER.splitlines()).encode(),
            ),
            ("[Content_Types].xml", b"<Types/>"),
        ]
    )
    return [
        Sent("pathology, text PDF", text_pdf(PATHOLOGY), "doc0001.pdf", "B3"),
        Sent("IHC, text PDF", text_pdf(IHC), "doc0002.pdf", "B4"),
        Sent("CT report, text PDF", text_pdf(CT), "doc0003.pdf", "B7"),
        Sent("PET-CT report, text PDF", text_pdf(PET), "doc0004.pdf", "B7"),
        Sent("gene test, text PDF", text_pdf(NGS), "doc0005.pdf", "B6"),
        Sent("discharge summary, text PDF", text_pdf(DISCHARGE), "doc0006.pdf", "B10", sure=False),
        Sent("bloods, text PDF", text_pdf(BLOODS), "doc0007.pdf", "B12"),
        Sent("letter, text PDF", text_pdf(LETTER), "doc0008.pdf", "B2", sure=False),
        Sent("chemotherapy, text PDF", text_pdf(CHEMO), "doc0009.pdf", "B9"),
        Sent("radiotherapy, text PDF", text_pdf(RADIOTHERAPY), "doc0010.pdf", "B11"),
        Sent("echo, text PDF", text_pdf(ECHO), "doc0011.pdf", "echo"),
        Sent("Spanish pathology, text PDF", text_pdf(SPANISH), "doc0012.pdf", "B3"),
        Sent("letter, Word", word, "summary.docx", "B2", sure=False),
        Sent(
            "discharge summary, scanned PDF with a name",
            scanned_pdf(DISCHARGE),
            "Discharge_Summary.pdf",
            "B10",
        ),
        Sent(
            "pathology, scanned PDF", scanned_pdf(PATHOLOGY), "CamScanner 1.pdf", "B3", sure=False
        ),
        Sent("pathology, photo with words", photo(PATHOLOGY), "IMG_1.jpg", "B3", "biopsy report"),
        Sent("bloods, photo with Bangla words", photo(BLOODS), "", "B12", "রক্তের রিপোর্ট"),
        Sent("CT report, photo", photo(CT, "PNG"), "IMG_2.png", "B7", sure=False),
        Sent("CT slice", dicom("CT_small.dcm"), "IM0001", "B8"),
        Sent("MRI slice", dicom("MR_small.dcm"), "mri.dcm", "B8"),
        Sent("CD of a CT as ZIP", scan_cd(), "CD.zip", "B8"),
        Sent("radiotherapy plan", dicom("rtplan.dcm"), "plan.dcm", "B11"),
        Sent("bloods, photo with German words", photo(BLOODS), "", "B12", "Blutwerte von gestern"),
    ]
