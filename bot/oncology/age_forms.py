"""The forms in which ages are written: "45 yrs old", "M/45", "a woman of 50", "dob 12/3/1961"."""

from __future__ import annotations

import re

AGE_UNIT = (
    r"(?:years?|yrs?|yr|y|yo|saal|sal|bochor|bosor|bochhor|ans|anos|anitos|let|godov|goda|sana|sanah|saneh|"
    r"سنه|سنوات|عام|عاما|سال|ساله|سالشه|سالش|वर्ष|साल|বছর|বছরের|বৎসর|лет|года|год|岁|歲|tahun|thn|"
    r"yas|yasinda|yasindaki|miaka|taon|taong|tuoi|bochorer|boshor|snin|sneen|sinin|snen|senin|salesh|salash|salashe|sale|sena|3am|barsa|barsha|barsh|sui|vayasu|varsh|jahre|jahren|lat|ani|anni|років|роки|рік|года)"
)
_OLD = (
    r"(?:old|of age|age|aged|o|ka|ki|ke|er|boyos|umar|m|f|male|female|man|woman|lady|gentleman|"
    r"boy|girl|patient|child|kid)"
)
_PERSON = (
    r"(?:woman|man|lady|gentleman|girl|boy|child|kid|baby|patient|pt|female|male|femme|homme|fille|"
    r"garcon|enfant|patiente|mujer|hombre|senora|senor|nina|nino|hija|hijo|paciente|mulher|homem|"
    r"menina|menino|filha|filho|crianca|son|daughter|mother|father|mum|mom|dad|wife|husband|"
    r"bambina|bambino|ragazza|ragazzo|donna|uomo|signora|signore|madre|padre|mama|papa|mae|pai|mere|pere|frau|mann|kind|muchacho|muchacha|joven|chico|chica|"
    r"rapaz|moca|jovem)"
)
FORMS = (
    # "45 years old", "72 yr old", "45 y/o", "45yo"
    re.compile(rf"(?<![\w.])(?P<n>\d{{1,3}})\s*-?\s*{AGE_UNIT}\.?[\s\-/,]*{_OLD}(?![\w])"),
    # "3 yr 4 mth"
    re.compile(
        r"(?<![\w.])(?P<n>\d{1,2})\s*-?\s*(?:years?|yrs?|y)\s*(?:and\s*)?,?\s*\d{1,2}\s*"
        r"(?:months?|mths?|mth|mnths?|mos?|m)(?![\w])(?!\s*(?:ago|back|later|after))"
    ),
    # "aged 45", "age: 45", "umar 45", "boyosh 45"
    re.compile(
        r"(?<!\w)(?:age|aged|ages|umar|umr|umur|boyos|boyosh|bayas|edad|edat|omr|3umra|3umro|3umru|3omra|boyesh|3omr|omro|3omro|"
        r"umri|umra|عمر|عمره|عمرها|عمری|उम्र|বয়স|возраст|年龄|年齡|yas|yasi|vayasu|"
        r"idade)\b"
        r"(?:\s*(?:is|of|:|=|-|hai|about|around|abt|approx|approximately|nearly|almost|ho|at|her|"
        r"his|my|the|now|group|de|e|es)\b)*[\s:=\-,.]*(?P<n>\d{1,3})"
        r"(?!\s*(?:months?|mo\b|weeks?|days?))(?!\d)(?!\s*(?:and|&|,|y|et|e)\s*\d)(?!\s\d\b)"
    ),
    # "45M", "45/F", "45 F", "M/45", "F 45", "male 45", "45 male"
    re.compile(
        r"(?<![\w./+])(?P<n>\d{2,3}|\d(?=\s*(?:/|male|female)))\s*[/\-]?\s*,?\s*"
        r"(?P<sex>(?<!, )(?:m|f)|male|female|man|woman|lady|boy|girl)(?!\w|/\d)(?!-)"
    ),
    re.compile(
        r"(?<![\w/'’])(?<!\bi )(?P<sex>(?:m|f)(?=\s*[/\-,: ]\s*\d{2})|male|female|man|woman|lady|"
        r"gentleman|boy|girl)\s*[/\-,:]?\s*(?P<n>\d{1,3})"
        r"(?![\d./%]|\s*(?:cycles?|days?|months?|weeks?|cm|mm|kg|mg|years? (?:ago|back)))"
    ),
    # "a woman of 50", "hija de 9 anos", "garcon de 5 ans", "child of 3"
    re.compile(
        rf"(?<!\w){_PERSON}\s+(?:of|de|di|d|com|con|von|is|aged)\s+(?:age\s+)?(?P<n>\d{{1,3}})"
        r"(?![\d./%°])(?!\s*(?:months?|mo\b|weeks?|days?|kg|kilos?|cm|mg|de f|grad))"
    ),
    # "uncle Carlos, 62, stomach cancer"
    re.compile(r"(?<=[a-z]),\s+(?P<n>\d{2})\s*(?:yrs?|years|y|m|f)?,(?!\s*\d)"),
    # "... remission. 52, Lima": a number that is a sentence of its own
    re.compile(r"(?<=[a-z)][.!?\n])\s*(?P<n>[2-9]\d)(?=\s*(?:[.,!\n]\s|[.,!]?$))"),
    # "is 62", "I am 45", "mother 62" only when nothing else follows the number
    re.compile(
        r"(?<!\w)(?:(?:he|she|i|patient|pt|mother|father|mum|mom|dad|papa|wife|husband|son|daughter|"
        r"brother|sister|who|amma|baba|ji|age)\s+(?:is|be)|am|i am|im|i'm|i m|he's|she's|turned|"
        r"shes|hes)\s+"
        r"(?:now |just |only |about |around |almost |nearly |a )?(?P<n>\d{1,3})"
        r"(?=\s*(?:$|[,.;!\n]|and\b|n\b|with\b|from\b|has\b|had\b|diagnosed\b"
        r"|in\b|years\b(?!\s+(?:older|younger|senior|junior|ago|back|into|of|out|post|since|past|clear|clean|"
        r"cancer|free|in|down|sober|after|from|away|without|later))|living\b|male\b|female\b|now\b|who\b))"
    ),
    # "the age was wrong, should be 39"; "now 30 with Hodgkin"
    re.compile(
        r"(?<!\w)age\b[^.\d]{0,40}(?:should be|is actually|actually|correct is|correct age is)\s+"
        r"(?P<n>\d{1,3})(?![\d./%])"
    ),
    re.compile(
        r"(?<!\w)(?:now|today)\s+(?:aged?\s+|at\s+)?(?P<n>[1-9]\d)"
        r"(?=\s+(?:with|having|has|and has)\b)"
    ),
    # "just 26 and want children"
    re.compile(r"(?<!\w)(?:just|only)\s+(?P<n>[1-9]\d)(?=\s*(?:,|\.|!|and\s+[a-z]))"),
    # "55 age", "40 age"
    re.compile(r"(?<![\w./])(?P<n>[1-9]\d)\s+age(?=\s*(?:[.,!\n]|$))"),
    # "..., 32 ki hai", "Papa hai 76 ke"; "SGPT 45 ka hai" is a measure
    re.compile(
        r"(?:^|[.,;!\n]|(?<!\w)(?:wo|woh|vo|umar|umr|abhi))\s*(?P<n>[1-9]\d)\s+(?:ki|ka|ke)\s+"
        r"(?:hai|hain|hei)\b(?!\s*(?:cycle|chemo|baad|bad))"
    ),
    re.compile(r"(?<!\w)(?:hai|hain)\s+(?P<n>[1-9]\d)\s+ke(?=\s*(?:[.,;!\n]|$))"),
    # "my student 17, leukaemia"
    re.compile(
        r"(?<!\w)(?:my|our|a|the)\s+(?:student|pupil|worker|employee|driver|maid|tenant|parishioner)"
        r"\s*,?\s*(?P<n>[5-9]|[1-9]\d)(?=\s*(?:[.,;!\n]|$))"
    ),
    # "it's me, 61, Bergen"
    re.compile(
        r"(?<!\w)(?:it's|its|it is|now|only|just) me,?\s+(?P<n>[1-9]\d)(?=\s*(?:[.,;!\n]|$))"
    ),
    # "ему 48", "їй 51"
    re.compile(
        r"(?<!\w)(?:ему|ей|йому|їй|їи)\s+(?P<n>\d{1,3})"
        r"(?=\s*(?:[.,;!\n]|$|(?:лет|год|года|рок[иі]в?|рік)\b))"
    ),
)
# Two ages of one person: "diagnosed at 34, now 41".
SINCE_THEN = re.compile(
    r"(?:diagnosed|detected|found|dx|started|ill|sick|operated)\D{0,25}\d{1,3}\D{0,30}?"
    r"(?<!\w)(?:now|today|currently)\s+(?:is\s+|am\s+|aged?\s+)?(?P<n>\d{1,3})(?![\d./%])"
)
# "He was 4 when they found it, now 15"
SINCE_FOUND = re.compile(
    r"(?<!\w)was\s+\d{1,2}\s+when\b\D{0,60}?(?<!\w)now\s+(?P<n>\d{1,3})(?![\d./%]|\s*(?:mg|cycles))"
)
# "She will be 8 in June": still a year younger.
NOT_YET = re.compile(
    r"(?<!\w)(?:will be|will turn|turns|going to be|going on|about to turn|ll be|will complete)\s+"
    r"(?P<n>\d{1,3})(?=\s*(?:$|[.!]|in\b|on\b|next\b|this\b|years?|yrs?|soon))"
)
BARE_YEARS = re.compile(
    rf"(?<![\w./])(?P<n>\d{{1,3}})\s*-?\s*{AGE_UNIT}(?![\w])|(?P<han>\d{{1,3}})\s?(?:岁|歲)"
)
# "七十一岁", "今年五十歲"; not the age at which it was found ("六十岁时").
HAN_DIGITS = "一二三四五六七八九"
HAN_YEARS = re.compile(
    rf"(?P<tens>[{HAN_DIGITS}]?十)?(?P<ones>[{HAN_DIGITS}两])?\s?[岁歲](?!\s?[时時那的前])"
)
NOT_AGE_BEFORE = re.compile(
    r"(?:for|since|last|past|after|in|within|over|next|every|from|smok\w*|diabet\w*|before|about|"
    r"than|to|upto|survived|survival|live|lived|hypertension|htn|dm|bp|sugar|took|took for|"
    r"user|users|smoker|drinker|chewer|addict|gutka|tobacco|alcohol|"
    r"treatment|remission|worked|working|works|married|together|service|job|\d\s*-)\s*"
    r"(?:the |last |past |about |around |almost |nearly |more than |only )*$"
)
NOT_AGE_AFTER = re.compile(
    r"\s*(?:ago|back|later|before|since|pehle|pahle|phele|age\b(?! )|agey|after|of (?!age)|se\b|"
    r"theke|now|remission|survival|disease|treatment|gap|earlier|smok|pack|in\b|without|older|"
    r"younger|senior|on |baad|por|prior|previous|hist|h/o|followed|experience|service|marriage)"
)
MONTHS = re.compile(
    r"(?<![\w.])(?<!\byr )(?<!\byrs )(?<!years )(?P<n>\d{1,2})\s*-?\s*"
    r"(?:months?|mnths?|mths?|mo|mahine|mash|maas)[\s\-]*"
    r"(?:old|of age|ka bacha|ki bachi|baby|infant|child|boy|girl|male|female)"
)
BABY = re.compile(
    r"(?:baby|infant|newborn|son|daughter|child|boy|girl|age|aged)\D{0,12}?(?P<n>\d{1,2})\s*"
    r"(?:months?|mo|mnths?|mths?)(?!\s*(?:ago|back|of))\b"
)
BORN = re.compile(
    r"(?:born|dob|date of birth|birth year|year of birth|d\.o\.b\.?|birthday|birthdate|nacio|"
    r"nacida|nacido|nascida|nascido|ne en|nee en|родился|родилась)\b[^\d\n]{0,14}"
    r"(?:(?P<day>\d{1,2})[\s/.\-](?:(?P<month>\d{1,2})|[a-z]{3,9})[\s/.\-,]*)?"
    r"(?:[a-z]{3,9}\s+(?:\d{1,2},?\s+)?)?(?P<n>(?:19|20)\d\d)(?!\d)"
)
BIRTH_YEAR = re.compile(r"\D{0,12}(?P<n>(?:19|20)\d\d)\D{0,12}")
ONLY_MONTHS = re.compile(
    r"\s*(?P<n>\d{1,2})\s*(?:months?|mnths?|mths?|mo|mahine|mash)\s*\.?\s*(?:old)?\s*"
)
ANSWER = re.compile(
    r"^\D{0,34}?(?<![\d.])(?P<n>\d{1,3})(?!\s*%)\s*(?:\+|ish|years?|yrs?|y|yr|saal|bochor|plus)?[\s.!)]*"
    r"\D{0,12}$"
)
