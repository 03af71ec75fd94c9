"""What people read in data/: complete in every language, short enough, kept fresh, and harmless."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import string
from pathlib import Path

import pytest
import yaml

from helpline import content
from helpline.content import SPOKEN, harm
from helpline.content.answer import FACT
from helpline.content.starter import read_facts
from helpline.whatsapp.lengths import size

ROOT = Path(__file__).resolve().parent.parent
FACTS = read_facts()
SHIPPED = content.read_starter()


def _read(answer: content.Answer, language: str) -> content.Answer:
    return dataclasses.replace(answer, text=FACT.sub(lambda found: FACTS[found[1]].value(language), answer.text))


TEXTS = {key: {language: _read(one, language) for language, one in texts.items()} for key, texts in SHIPPED.items()}
"""As people read them: facts filled in."""
EVERY = [
    (key, language, answer) for key, by_language in sorted(TEXTS.items()) for language, answer in by_language.items()
]
SAFETY = sorted(key for key in TEXTS if key.startswith("utter_safety_") or key == "utter_language_unsupported")
SAFETY_LANGUAGES = {
    *SPOKEN,
    "ti",
    "am",
    "fa",
    "ps",
    "ur",
    "tr",
    "ku",
    "so",
    "uk",
    "ru",
    "pl",
    "ro",
    "id",
    "tl",
    "zh",
    "sw",
}

PHONES = {
    "112": "emergencies",
    "113": "suicide prevention",
    "0800-0113": "suicide prevention",
    "0800-2000": "Veilig Thuis",
    "0800-0432": "Kindertelefoon",
    "0800-8020": "Juridisch Loket",
    "033-4481186": "CoMensha",
    "088-7464466": "IOM",
}
NUMBER = re.compile(r"(?<![\w{])\+?\d[\d ()./-]*\d")

KINDS = [
    "shelter",
    "health",
    "ggd",
    "hospital",
    "gp_out_of_hours",
    "dental",
    "food",
    "day",
    "clothes",
    "legal",
    "women",
    "support",
]
VOUCHER_STATES = [
    "new",
    "validated",
    "included_none",
    "included_preparing",
    "included_waiting",
    "included_success",
    "included_error",
    "paused",
    "declined",
    "completed",
]


def _topic(name: str) -> dict[str, dict[str, content.Answer]]:
    files = [path for path in (ROOT / "data" / name).glob("*.yml") if path.name in ("answers.yml", "words.yml")]
    bodies = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in files]
    return {key: TEXTS[key] for body in bodies for key in {**body.get("responses", {}), **body.get("words", {})}}


def _variables(answer: content.Answer) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(answer.text) if name}


def _said(answer: content.Answer) -> str:
    return "\n".join([answer.text, *(f"{b.title}\n{b.description}" for b in answer.buttons)])


def _rules() -> dict[str, list[str]]:
    body = yaml.safe_load((ROOT / "data" / "rules.yml").read_text(encoding="utf-8"))
    return {
        rule["steps"][0]["intent"]: [step["action"] for step in rule["steps"][1:] if "action" in step]
        for rule in body["rules"]
    }


def test_every_text_exists_in_every_spoken_language():
    missing = {key: sorted(set(SPOKEN) - set(texts)) for key, texts in TEXTS.items() if set(SPOKEN) - set(texts)}
    assert not missing
    assert not [(key, language) for key, language, answer in EVERY if not answer.text.strip()]


@pytest.mark.parametrize("key", SAFETY)
def test_safety_text_is_short_without_buttons_and_in_twenty_two_languages(key):
    assert set(TEXTS[key]) == SAFETY_LANGUAGES
    assert {language: size(answer.text) for language, answer in TEXTS[key].items() if size(answer.text) > 300} == {}
    assert not any(answer.buttons or _variables(answer) for answer in TEXTS[key].values())


def test_every_answer_says_who_checks_it_and_until_when_it_holds():
    for key, texts in TEXTS.items():
        facts = texts["en"].facts
        reviewed, until = (dt.date.fromisoformat(facts[name]) for name in ("reviewed_on", "review_by"))
        assert reviewed < until <= reviewed + dt.timedelta(days=90), key
        assert facts["owner"], key
        assert facts["source"], key
        numbers = set(NUMBER.findall(SHIPPED[key]["en"].text)) & set(PHONES) - {"112"}
        assert not numbers or until <= reviewed + dt.timedelta(days=30), f"{key}: phone numbers hold 30 days"


def test_every_fact_has_an_owner_a_source_and_a_date_and_phone_numbers_hold_30_days():
    for name, fact in FACTS.items():
        reviewed, until = dt.date.fromisoformat(fact.reviewed_on), dt.date.fromisoformat(fact.review_by)
        assert fact.owner and fact.source and fact.label, name
        assert reviewed < until <= reviewed + dt.timedelta(days=30 if fact.kind == "phone" else 90), name


def test_every_fact_is_repeated_and_every_repeated_one_exists():
    repeated = {name for texts in SHIPPED.values() for answer in texts.values() for name in answer.fact_names}
    assert repeated == set(FACTS)


def test_every_phone_number_is_one_we_may_publish():
    found = {
        number.strip(): key
        for key, _, answer in EVERY
        for number in NUMBER.findall(_said(answer))
        if sum(c.isdigit() for c in number) >= 3
    }
    assert {number: key for number, key in found.items() if number not in PHONES} == {}
    assert set(found) == set(PHONES)


def test_digits_are_the_ones_a_phone_dials():
    assert not [(key, language) for key, language, a in EVERY if re.search("[٠-٩۰-۹]", _said(a))]


def test_numbers_with_a_dash_keep_their_order_between_arabic_words():
    for key, language, answer in EVERY:
        if language == "ar":
            for found in re.finditer(r"\d{3,4}-\d+|\{(phone|link)\}", answer.text):
                assert answer.text[found.start() - 1] in "\u200e\u2066", key


def test_texts_fit_one_message_with_the_notice():
    long = {}
    for key, language, answer in EVERY:
        notice = size(TEXTS["utter_notice_phone"].get(language, answer).text)
        limit = 1024 if answer.buttons else 900
        if size(answer.text) > limit or size(answer.text) + notice + 300 > 4096:
            long[key, language] = size(answer.text)
    assert long == {}


def test_buttons_fit_and_differ():
    for key, language, answer in EVERY:
        titles = [button.title for button in answer.buttons]
        limit = 20 if len(titles) <= 3 else 24
        assert len(titles) <= 10, key
        assert len(set(titles)) == len(titles), (key, language)
        assert [title for title in titles if size(title) > limit] == [], (key, language)
        assert [b.payload for b in answer.buttons] == [b.payload for b in TEXTS[key]["en"].buttons], (key, language)


def test_names_of_topics_and_kinds_fit_a_button_or_a_list_row():
    for key, language, answer in EVERY:
        if key.startswith(("utter_name_", "utter_services_more", "utter_list_title", "utter_suggestions_title")):
            assert size(answer.text) <= 20, (key, language, answer.text)
        if key.startswith("utter_kind_"):
            assert size(answer.text) <= 24, (key, language, answer.text)


def test_names_of_topics_differ_so_that_a_typed_one_is_clear():
    for language in SPOKEN:
        names = [texts[language].text.casefold() for key, texts in TEXTS.items() if key.startswith("utter_name_")]
        assert len(set(names)) == len(names), language


def test_variables_are_the_same_in_all_languages():
    for key, language, answer in EVERY:
        assert _variables(answer) == _variables(TEXTS[key]["en"]), (key, language)


def test_voucher_texts_know_only_date_and_amount():
    for key, texts in _topic("voucher").items():
        assert _variables(texts["en"]) <= {"date", "amount"}, key


def test_nothing_that_could_harm_is_said():
    assert {(key, language): found for key, language, a in EVERY if (found := harm.hits(_said(a), language))} == {}


def test_links_are_readable_and_few():
    links = {
        link for _, _, a in EVERY for link in re.findall(r"https?://\S+|\b[\w-]+\.(?:nl|org|com|net|global)\b", a.text)
    }
    assert links <= {"refugeehelp.nl"}


@pytest.mark.parametrize("language", SPOKEN)
def test_health_and_legal_texts_end_with_the_line_that_a_person_can_help(language):
    topics = {**_topic("covid"), **_topic("health"), **_topic("legal_rights")}
    topics.pop("utter_family_tracing")  # announces a person, gives no information
    topics.update({key: TEXTS[key] for key in ("utter_shelter_rights", "utter_shelter_lost")})
    for key, texts in topics.items():
        assert harm.is_general(texts[language].text, language), key


@pytest.mark.parametrize("language", SPOKEN)
def test_not_found_speaks_of_this_whatsapp_number_and_does_not_say_not_registered(language):
    assert "WhatsApp" in TEXTS["utter_voucher_not_found"][language].text or language == "ar"
    denied = (
        r"not registered|niet geregistreerd|pas (enregistré|inscrit)|غير مسجل"
        r"|no está (registrad|inscrit)|não está (registad|registrad|inscrit)"
    )
    assert not re.search(denied, TEXTS["utter_voucher_not_found"][language].text)


def test_every_text_the_assistant_may_say_exists():
    rules = _rules()
    wanted = {action for actions in rules.values() for action in actions if action.startswith("utter_")}
    fixed = {"human_agent", "nlu_fallback"}  # the handoff itself is what is said
    wanted |= {f"utter_{i}" for i, a in rules.items() if a == ["action_handoff"] and i not in fixed}
    wanted |= {f"utter_{i}" for i, a in rules.items() if a == ["action_find_service"] and i != "inform_location"}
    wanted |= {f"utter_{i}" for i, a in rules.items() if a == ["action_voucher_status"]}
    wanted |= {f"utter_voucher_state_{state}" for state in VOUCHER_STATES}
    wanted |= {f"utter_kind_{kind}" for kind in KINDS}
    wanted |= {f"utter_safety_{i.removeprefix('emergency_')}" for i, a in rules.items() if a == ["action_emergency"]}
    wanted |= {
        f"utter_name_{i}"
        for i in rules
        if i.partition("_")[0] not in ("inform", "affirm", "deny", "confirm", "keep", "nlu")
    }
    assert wanted - set(TEXTS) == set()


def test_every_text_named_in_code_exists():
    named = {
        (match, str(path.relative_to(ROOT)))
        for folder in ("helpline", "actions")
        for path in (ROOT / folder).rglob("*.py")
        for match in re.findall(r"""["'](utter_[a-z0-9_]*[a-z0-9])["']""", path.read_text(encoding="utf-8"))
    }
    assert {name: where for name, where in named if name not in TEXTS and name != "utter_action"} == {}


def test_buttons_lead_to_something_the_assistant_knows():
    intents = set(_rules()) | {"helped_yes", "helped_no", "rated_good", "rated_bad"}
    for key, _, answer in EVERY:
        for button in answer.buttons:
            assert re.match(r"/(\w+)", button.payload).group(1) in intents, (key, button.payload)
