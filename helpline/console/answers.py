"""Approved answers beside a case: names of topics, texts in the contact's language, and the search in them.

The agent searches in their own language and gets the text the contact can read.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, g, render_template, request

from helpline import finding, gloss
from helpline.console import current, prepared
from helpline.console.words import direction
from helpline.content import MissingAnswer

bp = Blueprint("answers", __name__)

FOUND = 8
SHORT = 20
"""A shorter text may stand in a reply by chance."""
NAME = 60


@dataclass(frozen=True)
class Found:
    """An answer that fits, with its text for the contact."""

    name: str
    text: str
    language: str
    meaning: str = ""
    """The same answer in the console's language, where that is another one."""

    @property
    def direction(self) -> str:
        """How the text runs."""
        return direction(self.language)


@bp.get("/answers")
def search() -> str:
    """Answers for a search, in the contact's language; without words, the desk's prepared sentences."""
    asked, language = _asked(), request.args.get("language", "")[:8]
    whole = "answers/found.html" if current.by_script() else "answers/page.html"
    return render_template(whole, found=find(asked, language), asked=asked, language=language)


@bp.get("/answers/prepared")
def choose() -> str:
    """Prepared sentences whose short code begins as typed; a list to choose from beside the text field."""
    listed = prepared.sentences(_asked()[:40], request.args.get("language", "")[:8])
    return render_template("answers/prepared.html", sentences=listed)


def _asked() -> str:
    return request.args.get("q", "").replace("\0", "")[:200]


def find(asked: str, language: str) -> list[Found]:
    """The answers that share most words with the search, in any language the desk knows.

    One that nobody wrote in the contact's language can be read, and not inserted.
    """
    words = finding.words(asked)
    if not words:
        return [Found(_short(one.own), one.text, one.language) for one in prepared.sentences("", language)]
    texts: dict[str, list[str]] = {}
    for key, _, answer in current.service().answers.items():
        topic = key.removeprefix("utter_name_")
        topic = topic if topic != key else key.removeprefix("utter_")
        texts.setdefault(topic, []).append(answer.text)
    scored = []
    for topic, variants in texts.items():
        if not topic_is_known(topic):
            continue
        score = _score(words, [topic.replace("_", " "), *variants], [topic_name(topic)])
        if score > 0:
            scored.append((score, topic_name(topic), topic))
    scored.sort(key=lambda one: (-one[0], one[1]))
    found = []
    for _, name, topic in scored[:FOUND]:
        text, own = approved(topic, language), approved(topic, current.words().language)
        if text or own:
            found.append(Found(name, text, language, own if own != text else ""))
    return found


def _score(words: list[str], texts: list[str], names: list[str]) -> float:
    if not words:
        return 0
    in_name = set(finding.words(" ".join(names)))
    best = 0.0
    for text in texts:
        held = set(finding.words(text)) | in_name
        hits = sum(1 for word in words if any(other.startswith(word) for other in held))
        named = sum(1 for word in words if any(other.startswith(word) for other in in_name))
        best = max(best, hits + named if hits == len(words) or named else 0)
    return best


def topics() -> list[tuple[str, str]]:
    """Every intent with its name in the console's language, by name."""
    keys = {key for key, _, _ in current.service().answers.items() if key.startswith("utter_name_")}
    names = [key[len("utter_name_") :] for key in keys]
    return sorted(((name, topic_name(name)) for name in names), key=lambda pair: pair[1].casefold())


def topic_is_known(topic: str) -> bool:
    """Whether contacts can ask about it."""
    return current.service().answers.has(f"utter_name_{topic}")


def topic_name(topic: str | None) -> str:
    """What an intent is about, in the console's language."""
    known: dict[str, str] = g.setdefault("topic_names", {})
    if topic and topic not in known:
        key, answers = f"utter_name_{topic}", current.service().answers
        known[topic] = answers.get(key, current.words().language).text if answers.has(key) else ""
    return known.get(topic or "") or current.words()("topic.none")


def _short(text: str) -> str:
    """The first words of a prepared sentence, as its name."""
    return text if len(text) <= NAME else f"{text[:NAME].rsplit(' ', 1)[0]}…"


def approved(topic: str, language: str | None) -> str:
    """The published answer of an intent in that language; empty where there is none, never another language."""
    answers = current.service().answers
    key = f"utter_{topic}"
    if not language or not answers.has(key, language):
        return ""
    try:
        return answers.get(key, language).text
    except MissingAnswer:
        return ""


def rough(text: str, language: str | None) -> str:
    """A message word for word in English, for an agent who does not read its language; empty where that adds nothing.

    Made here from pocket dictionaries: nothing leaves the machine, and nobody should trust it further than that.
    """
    account = current.account()
    if not text or not language or language == "en" or language in account.reads or gloss.dictionary(language) is None:
        return ""
    return gloss.gloss(text[:600], language)


def named_in(text: str, language: str | None) -> str:
    """The approved answers whose whole text stands in a reply, each as name:language@version of the content."""
    version, said = current.service().answers.version, " ".join(text.split())
    held = []
    for topic, _ in topics():
        answer = " ".join(approved(topic, language).split())
        if len(answer) > SHORT and answer in said:
            held.append(f"{topic}:{language}@{version or 0}")
    return " ".join(held)


def said_in_own(text: str, language: str | None) -> str:
    """What one of our own texts says, as it is written in the console's language; empty for any other text."""
    own = current.words().language
    if not text or not language or language == own or language in current.account().reads:
        return ""
    known: dict[str, str] | None = g.get("keys_of_texts")
    if known is None:
        items = current.service().answers.items()
        known = g.keys_of_texts = {answer.text.strip(): key for key, spoken, answer in items if spoken == language}
    key = known.get(text.strip())
    answers = current.service().answers
    if key is None or not answers.has(key, own):
        return ""
    try:
        return answers.get(key, own).text
    except MissingAnswer:
        return ""


def warm() -> None:
    """Read the pocket dictionaries now, so that the first page that needs one need not wait."""
    for path in sorted(gloss.FOLDER.glob("*.tsv")):
        gloss.gloss("unlistedword", path.stem)  # one that is in none, so that close spellings are read too
