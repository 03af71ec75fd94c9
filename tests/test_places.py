"""Places as people write them, and ordinary sentences in which there is none."""

import json
from pathlib import Path

import pytest

from helpline import places
from helpline.cli import main
from helpline.errors import InputError
from helpline.places import names, postcodes
from tests.starter_sentences import without_a_place

FIXTURES = Path(__file__).parent / "fixtures" / "places"
NOISY = [
    (want, text)
    for line in (FIXTURES / "noisy.tsv").read_text(encoding="utf-8").splitlines()
    for want, texts in [line.split("\t")]
    for text in texts.split("|")
]
ORDINARY = [
    line for line in (FIXTURES / "ordinary.txt").read_text(encoding="utf-8").splitlines() if not line.startswith("#")
]


def named(found):
    return [place.name for place in found]


def test_noisy_names_lead_to_the_right_place():
    wrong = [(text, want, named(places.find(text))) for want, text in NOISY if named(places.find(text))[:1] != [want]]
    assert len(NOISY) >= 300
    assert len(wrong) <= 0.03 * len(NOISY), wrong


def test_ordinary_sentences_hold_no_place():
    read = {text: named(places.mentioned(text)) for text in ORDINARY if places.mentioned(text)}
    assert len(set(ORDINARY)) >= 500
    assert read == {}


def test_ordinary_sentences_are_no_answer_to_where_are_you_either():
    read = {text: named(places.find(text)) for text in ORDINARY if places.find(text)}
    assert read == {}


@pytest.mark.slow
def test_starter_examples_without_a_place_hold_none():
    sentences = without_a_place()
    read = {text: named(places.mentioned(text)) for text in sentences if places.mentioned(text)}
    assert len(sentences) > 3000
    assert read == {}


@pytest.mark.parametrize("name", ["Een", "Best", "Nes", "Stein", "Made", "Enter", "Well"])
def test_village_that_is_an_ordinary_word_is_a_place_only_when_it_stands_alone(name):
    assert places.find(name)
    for sentence in (f"in {name}", f"I live in {name} now", f"{name} is here", name.lower() + " man"):
        assert places.in_sentence(sentence) is None


@pytest.mark.parametrize(
    ("sentence", "name"),
    [
        ("where can I sleep in Utrecht tonight", "Utrecht"),
        ("ik zoek een dokter in den haag", "Den Haag"),
        ("une banque alimentaire à La Haye svp", "Den Haag"),
        ("un abogado en Roterdam por favor", "Rotterdam"),
        ("comida em Amesterdão", "Amsterdam"),
        ("أريد ملجأ في لاهاي", "Den Haag"),
        ("وين الطبيب بأمستردام", "Amsterdam"),
        ("my friend was stopped in the Bijlmer", "Bijlmer, Amsterdam"),
        ("I stay at 1012 AB please come", "Amsterdam"),
        ("my postcode is 6211 AB", "Maastricht"),
        ("postcode 9711", "Groningen"),
        ("food bank in ede", "Ede"),
        ("ik woon in Goes", "Goes"),
        ("near Utreght station", "Utrecht"),
    ],
)
def test_place_inside_a_sentence(sentence, name):
    assert places.in_sentence(sentence).name == name


@pytest.mark.parametrize("name", ["Bergen", "Rijswijk", "Hengelo", "Beek", "Laren", "Oosterhout"])
def test_two_towns_of_one_name_are_both_offered_and_each_label_finds_its_own(name):
    both = places.find(name)
    assert len(both) == 2
    for place in both:
        assert places.find(place.name) == [place]
    assert places.apart_km(*both) > 15


@pytest.mark.parametrize("name", ["Roosendaal", "Utrecht", "Alkmaar"])
def test_a_towns_own_name_is_not_taken_for_anothers_alternate(name):
    assert named(places.find(name)) == [name]


@pytest.mark.parametrize(
    "text",
    ["", " ", "\n", "\0", "?", "😀", "ـ", "a", "12345", "0000", "999", "1012 SS", "Antwerpen", "Brussel", "Berlin",
     "Paris", "London", "Damascus", "دمشق", "برلين", "Kabul", "Lagos", "Madrid", "Morocco", "x" * 10_000,
     "1" * 5000, "\ud800", "' or 1=1 --", "../../etc", "{place}", "%s"],
)  # fmt: skip
def test_what_is_no_dutch_place_is_none(text):
    assert places.find(text) == []
    assert places.mentioned(text) == []


def test_every_place_can_be_found_by_the_name_it_is_shown_with():
    found, _ = names.load()
    shown = [one.place for one in found if one.place.population >= 1000]
    lost = []
    for place in shown:
        if not any(places.apart_km(one, place) < 5 for one in places.find(place.name)):
            lost.append(place.name)
    assert lost == []


KNOWN_POSTCODES = {
    "1012": (52.373, 4.893), "1102": (52.314, 4.953), "1315": (52.370, 5.218), "1501": (52.440, 4.826),
    "1781": (52.956, 4.760), "1811": (52.632, 4.751), "2011": (52.381, 4.637), "2312": (52.162, 4.490),
    "2511": (52.078, 4.314), "2611": (52.011, 4.358), "2711": (52.060, 4.494), "2801": (52.012, 4.711),
    "3011": (51.918, 4.482), "3111": (51.917, 4.399), "3311": (51.815, 4.667), "3511": (52.093, 5.119),
    "3701": (52.090, 5.233), "3811": (52.156, 5.388), "3901": (52.027, 5.557), "4001": (51.887, 5.431),
    "4331": (51.499, 3.611), "4381": (51.443, 3.573), "4461": (51.504, 3.889), "4531": (51.335, 3.828),
    "4611": (51.495, 4.288), "4701": (51.531, 4.456), "4811": (51.588, 4.776), "5011": (51.573, 5.069),
    "5211": (51.690, 5.303), "5341": (51.766, 5.520), "5611": (51.438, 5.478), "5701": (51.481, 5.655),
    "5911": (51.370, 6.168), "6041": (51.194, 5.987), "6131": (50.998, 5.868), "6211": (50.849, 5.690),
    "6411": (50.888, 5.979), "6511": (51.845, 5.862), "6701": (51.969, 5.667), "6811": (51.984, 5.911),
    "7001": (51.965, 6.289), "7311": (52.213, 5.964), "7411": (52.252, 6.160), "7511": (52.221, 6.896),
    "7551": (52.266, 6.793), "7601": (52.357, 6.662), "7811": (52.785, 6.897), "7901": (52.724, 6.476),
    "8011": (52.513, 6.093), "8223": (52.518, 5.471), "8441": (52.960, 5.920), "8601": (53.033, 5.660),
    "8911": (53.201, 5.796), "9201": (53.108, 6.100), "9401": (52.993, 6.564), "9561": (52.877, 7.060),
    "9671": (53.144, 7.034), "9711": (53.217, 6.567), "9933": (53.330, 6.920),
}  # fmt: skip


def test_postcodes_are_within_fifteen_km_for_all_known_towns():
    far = []
    for code, (latitude, longitude) in KNOWN_POSTCODES.items():
        place = places.of_postcode(code)
        if place is None or places.distance_km(latitude, longitude, place.latitude, place.longitude) > 15:
            far.append((code, place))
    assert far == []


@pytest.mark.parametrize("text", ["1012", "1012AB", "1012 ab", " nl-1012 AB ", "١٠١٢", "۱۰۱۲ AB"])
def test_postcode_is_read_in_every_way_it_is_written(text):
    assert places.of_postcode(text).name == "Amsterdam"


def test_full_official_file_wins_over_our_ranges(tmp_path, monkeypatch):
    monkeypatch.setattr(postcodes, "OFFICIAL", tmp_path / "postcodes.csv")
    postcodes._official.cache_clear()
    source = tmp_path / "official.csv"
    source.write_text(
        "postcode;lat;lon;woonplaats\n1012AB;52,3700;4,8950;Amsterdam\n1012 AC;52,3720;4,8970;Amsterdam\n"
        "99;1;1;x\n1013AA;nope;4;y\n1014AA;10;10;z\n"
    )
    count, faults = postcodes.import_official(source, dry_run=True)
    assert (count, len(faults), postcodes.OFFICIAL.exists()) == (1, 3, False)
    postcodes.import_official(source)
    place = places.of_postcode("1012")
    assert (round(place.latitude, 4), round(place.longitude, 4)) == (52.371, 4.896)
    with pytest.raises(InputError):
        source.write_text("a,b\n1,2\n")
        postcodes.import_official(source)
    postcodes._official.cache_clear()


def test_pin_is_rounded_and_named_by_a_town_nearby():
    pin = places.of_pin(52.3791283, 4.9003341)
    assert (pin.latitude, pin.longitude, pin.inside, pin.broken) == (52.38, 4.9, True, False)
    assert pin.nearest.name == "Amsterdam"


@pytest.mark.parametrize("point", [(0, 0), (0.001, -0.002), (float("nan"), 5), (91, 5), (52, 181), (float("inf"), 0)])
def test_pin_without_a_position_is_broken(point):
    assert places.of_pin(*point).broken


@pytest.mark.parametrize(
    "point", [(50.85, 4.35), (52.52, 13.40), (51.22, 4.40), (53.9, 4.5), (-33.9, 18.4), (51.5, 6.98)]
)
def test_pin_outside_the_netherlands_is_outside(point):
    pin = places.of_pin(*point)
    assert not pin.inside and not pin.broken


@pytest.mark.parametrize(
    "point", [(50.85, 5.69), (53.44, 6.83), (51.31, 3.39), (52.88, 7.06), (53.30, 5.07), (51.37, 6.17), (50.76, 6.02)]
)
def test_pin_at_the_rim_of_the_country_is_inside(point):
    assert places.of_pin(*point).inside


def test_local_file_carries_its_attribution_and_is_made_anew_when_it_is_broken(tmp_path, monkeypatch):
    monkeypatch.setattr(names, "LOCAL", tmp_path / "var" / "places.json")
    monkeypatch.setattr(
        names, "_extract", lambda: {"towns": [["Utrecht", "Ut", 52.09, 5.12, 376435, []]], "elsewhere": []}
    )
    made = names.local_file()
    stored = json.loads(names.LOCAL.read_text())
    assert "GeoNames" in stored["attribution"] and "CC BY 4.0" in stored["attribution"]
    names.LOCAL.write_text("{broken")
    assert names.local_file() == made
    assert sorted(path.name for path in names.LOCAL.parent.iterdir()) == ["places.json"]


def test_command_prints_what_is_found(capsys):
    assert main(["places", "find", "Utreght", "--json"]) == 0
    assert [one["name"] for one in json.loads(capsys.readouterr().out)] == ["Utrecht"]
    assert main(["places", "find", "hello", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
