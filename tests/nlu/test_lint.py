"""What the lint finds among examples, with file and line, and what it lets pass."""

import json

import pytest

from helpline import cli
from helpline.nlu import examples, lint

HEAD = 'version: "3.1"\n\nnlu:\n'


def block(intent, code, *texts):
    lines = "".join(f"    - {text}\n" for text in texts)
    return f"- intent: {intent}  # a note\n  metadata: {{language: {code}}}\n  examples: |\n{lines}"


@pytest.fixture
def write(tmp_path):
    def written(code, *blocks):
        path = tmp_path / f"examples.{code}.yml"
        path.write_text(HEAD + "".join(blocks), encoding="utf-8")
        return tmp_path

    return written


def whats(folder):
    return [one.what for one in lint.check(folder).findings]


def test_same_words_under_two_intents_are_found_with_their_line(write):
    folder = write("en", block("find_food", "en", "where can i eat", "Where is the Shop?"),
                   block("find_shelter", "en", "a bed please", "where is the shop"))  # fmt: skip
    (found,) = lint.check(folder).findings
    assert str(found.place) == f"{folder / 'examples.en.yml'}:13"
    assert "examples.en.yml:8 (find_food)" in found.what


def test_nearly_the_same_words_under_two_intents_are_found(write):
    long = "hello my voucher of this week did not work in the shop near the station of utrecht yesterday evening"
    folder = write("en", block("voucher_not_working", "en", long), block("voucher_lost", "en", f"{long} please"))
    assert [what.split(" the same")[0] for what in whats(folder)] == ["nearly"]


def test_repeats_within_one_intent_are_only_counted(write):
    report = lint.check(write("en", block("find_food", "en", "where can i eat", "Where can I eat", "food bank")))
    assert (report.findings, report.repeats, report.examples) == ((), 1, 3)


def test_same_word_may_mean_other_things_in_another_language(write):
    write("en", block("find_food", "en", "bon"))
    assert whats(write("fr", block("voucher_lost", "fr", "bon"))) == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("my mail is maria.d@mail.nl", ["e-mail address"]),
        ("call 06 28 71 94 35", ["telephone number"]),
        ("call +31 6 28719435 now", ["telephone number"]),
        ("my number is 287194356", ["telephone number"]),
        ("account NL91 ABNA 0417 1643 00", ["IBAN"]),
        ("call 0600000000", []),
        ("call 112 or 113", []),
        ("since 12-03-2021 i wait", []),
        ("mail me at a@example.com", []),
    ],
)
def test_personal_data_is_found_unless_plainly_made_up(write, text, what):
    assert whats(write("en", block("human_agent", "en", text))) == what


def test_sentence_in_another_language_is_found_but_not_a_short_one(write):
    folder = write("en", block("find_food", "en", "waar kan ik vanavond gratis eten krijgen", "waar eten"))
    assert whats(folder) == ["reads as nl, not en"]


def test_command_prints_findings_and_fails(write, capsys):
    folder = write("en", block("find_food", "en", "a@b.com"))
    assert cli.main(["content", "lint", "--folder", str(folder), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["examples"] == 1
    assert cli.main(["content", "lint", "--folder", str(write("en", block("find_food", "en", "bread")))]) == 0


def test_lint_sees_every_example_that_training_sees():
    paths = sorted(examples.DATA.glob("meta/examples.*.yml"))
    for path in paths:
        assert [one.example for one in lint.located(path)] == list(examples.of_file(path))
    assert len(paths) == 6
