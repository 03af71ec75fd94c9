"""`helpline release` and `helpline examples`: what other programs use."""

import json

import pytest

from helpline import cli
from helpline.releases import publishing
from tests.conftest import SECRET


@pytest.fixture
def run(content, monkeypatch, capsys):
    """A function that runs the command line on this database; exit code and what was printed."""
    monkeypatch.setenv("DATABASE_URL", content.settings.database_url)
    monkeypatch.setenv("SECRET_KEY", SECRET)

    def command(*words: str):
        capsys.readouterr()
        code = cli.main(words)
        said = capsys.readouterr()
        return code, said.out.strip(), said.err.strip()

    return command


def test_training_is_queued_listed_published_and_rolled_back(run, make_release):
    release_id = make_release()
    code, said, _ = run("release", "train", "--note", "soup", "--json")
    assert (code, json.loads(said)["state"]) == (0, "queued")
    assert run("release", "train")[0] == 1
    assert json.loads(run("release", "publish", str(release_id), "--json")[1]) == {"live": release_id}
    listed = json.loads(run("release", "list", "--json")[1])
    assert listed["live"] == release_id
    assert [one["state"] for one in listed["releases"]] == ["queued", "ready"]
    assert json.loads(run("release", "rollback", "--json")[1]) == {"live": None}
    code, _, fault = run("release", "rollback")
    assert (code, fault) == (1, "Nothing was live before this.")


def test_release_that_loses_something_is_not_published_from_the_command_line(run, content, make_release):
    release_id = make_release(losses=[{"kind": "language", "language": "nl", "before": 0.8, "after": 0.6}])
    code, _, fault = run("release", "publish", str(release_id))
    assert code == 1 and "Two people" in fault
    with content.engine.begin() as conn:
        assert publishing.live(conn) is None


def test_examples_go_out_and_come_in_without_a_change(run, tmp_path):
    out = tmp_path / "out"
    assert run("examples", "export", "--folder", str(out))[0] == 0
    assert json.loads(run("examples", "export", "--folder", str(out), "--json")[1]) == {"changed": []}
