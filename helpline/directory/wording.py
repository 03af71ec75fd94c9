"""Services as a message: short lines, made of published texts in the contact's language."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence

from babel.dates import format_datetime

from helpline import clock
from helpline.content import Answers
from helpline.directory.search import Found
from helpline.messages import Button, OutboundMessage
from helpline.places import Place

SHOWN = 3
ROWS = 9
"""Rows of the list of more; the tenth is a person."""
CENTRE_KM = 5.0
"""A service without an address stands at its town's centre: nearer than this, its distance says nothing."""


def payload(intent: str, **entities: str) -> str:
    """What a button of ours means, in the form Rasa reads: /find_food{"place": "Utrecht"}."""
    return f"/{intent}{json.dumps(entities, ensure_ascii=False)}" if entities else f"/{intent}"


def results(
    answers: Answers, language: str | None, found: Sequence[Found], intent: str, at: int, place: str | None
) -> OutboundMessage:
    """The best three, and a list of the others. `place` is None when the contact shared a pin."""
    first = (
        answers.get("utter_services_found", language, place=place)
        if place
        else answers.get("utter_services_found_pin", language)
    )
    person = answers.get("utter_services_person", language).text
    text = "\n\n".join((first.text, *(card(answers, language, one, at) for one in found[:SHOWN]), person))
    rest = found[SHOWN : SHOWN + ROWS]
    if not rest:
        return OutboundMessage(text)
    rows = [
        Button(one.entry.name, payload(intent, service=str(one.entry.id)), _row(answers, language, one)) for one in rest
    ]
    rows.append(Button(answers.get("utter_name_human_agent", language).text, "/human_agent"))
    return OutboundMessage(text, tuple(rows), list_title=answers.get("utter_services_more", language).text)


def card(answers: Answers, language: str | None, found: Found, at: int, *, distance: bool = True) -> str:
    """One service in a few lines: what, where, when, for whom, how to reach it, what to bring."""
    entry = found.entry
    kind = answers.get(f"utter_kind_{entry.kind}", language).text
    where = ", ".join(part for part in (entry.address, entry.town) if part)
    if distance and (entry.address or found.km > CENTRE_KM):
        where += f" · {answers.get('utter_service_distance', language, km=_km(found.km)).text}"
    lines = [f"*{entry.name}* ({kind})", where, when(answers, language, found, at)]
    if entry.audience in ("yes", "ask"):
        lines.append(answers.get(f"utter_service_audience_{entry.audience}", language).text)
    if entry.phones:
        lines.append(answers.get("utter_service_phone", language, phone=entry.phones).text)
    elif entry.website:
        lines.append(answers.get("utter_service_website", language, link=entry.website).text)
    if entry.address:
        lines.append(answers.get("utter_service_map", language, link=entry.map_link).text)
    phone_first = found.expired or found.opening.state == "unknown"
    if entry.bring and not (phone_first and entry.bring == "phone_first"):
        lines.append(answers.get(f"utter_bring_{entry.bring}", language).text)
    return "\n".join(lines)


def when(answers: Answers, language: str | None, found: Found, at: int) -> str:
    """Open now until, open from, or not known; facts past their date say: please phone first."""
    if found.expired:
        return answers.get("utter_service_phone_first", language).text
    opening = found.opening
    if opening.state == "open":
        until = _moment(opening.changes_at, at, language) if opening.changes_at else "24:00"
        return answers.get("utter_service_open_now", language, until=until).text
    if opening.state == "closed" and opening.changes_at:
        return answers.get(
            "utter_service_open_from", language, **{"from": _moment(opening.changes_at, at, language)}
        ).text
    return answers.get("utter_service_hours_unknown", language).text


def which(answers: Answers, language: str | None, candidates: Sequence[Place], intent: str) -> OutboundMessage:
    """One question with a button for each town of that name."""
    question = answers.get("utter_place_which", language)
    buttons = tuple(Button(place.name, payload(intent, place=place.name)) for place in candidates[:3])
    return dataclasses.replace(question, buttons=buttons)


def kind_question(answers: Answers, language: str | None, place: str | None) -> OutboundMessage:
    """What is looked for, when only the place is known; the buttons carry the place, so that nothing need be kept."""
    question = answers.get("utter_ask_service_kind", language)
    if place is None:
        return question
    buttons = tuple(
        dataclasses.replace(button, payload=payload(button.payload.removeprefix("/"), place=place))
        for button in question.buttons
    )
    return dataclasses.replace(question, buttons=buttons)


def with_person(answers: Answers, language: str | None, message: OutboundMessage) -> OutboundMessage:
    """The message with a button that leads to a person."""
    button = Button(answers.get("utter_name_human_agent", language).text, "/human_agent")
    return dataclasses.replace(message, buttons=(*message.buttons, button))


def nothing_near(answers: Answers, language: str | None, kind: str) -> OutboundMessage:
    """Nothing of the kind within reach; it says that a person will look."""
    name = answers.get(f"utter_kind_{kind}", language).text
    return answers.get("utter_services_none_near", language, kind=name)


def _row(answers: Answers, language: str | None, found: Found) -> str:
    if found.entry.address or found.km > CENTRE_KM:
        return f"{found.entry.town} · {answers.get('utter_service_distance', language, km=_km(found.km)).text}"
    return found.entry.town


def _km(km: float) -> str:
    return str(max(1, round(km)))


def _moment(timestamp: int, at: int, language: str | None) -> str:
    """17:00 today; else with the day's name; beyond a week with the date. Figures are 0-9 for every reader."""
    moment, now = clock.local(timestamp), clock.local(at)
    days = (moment.date() - now.date()).days
    form = "HH:mm" if days == 0 else "EEEE HH:mm" if days < 7 else "EEEE d MMMM HH:mm"
    return str(format_datetime(moment, form, locale="ar_MA" if language == "ar" else language or "en"))
