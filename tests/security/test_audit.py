"""The audit fails for what nobody excepted, and no exception outlives its day."""

import datetime as dt
import runpy
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
EXCEPTIONS = yaml.safe_load((ROOT / "docs" / "audit-exceptions.yml").read_text(encoding="utf-8"))
judge = runpy.run_path(str(ROOT / ".ci" / "audit"))["judge"]
TODAY = dt.date(2026, 11, 1)


def test_no_exception_is_past_its_day_and_none_is_for_long():
    for one in EXCEPTIONS:
        assert one["until"] >= dt.date.today(), f"look again at {one['package']} {one['id']}"
        assert one["until"] <= dt.date.today() + dt.timedelta(days=365)
        assert len(one["why"]) > 40


def test_every_exception_is_for_a_package_that_is_locked():
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8").lower()
    assert [one["package"] for one in EXCEPTIONS if f"\n{one['package']}==" not in "\n" + lock] == []


def test_a_weakness_passes_only_with_an_exception_that_still_holds(capsys):
    weak = [
        {"name": "sanic", "version": "21", "vulns": [{"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["22"]}]}
    ]
    until = dt.date(2026, 12, 1)
    assert judge(weak, [], TODAY) == 1
    assert "fixed in 22" in capsys.readouterr().out
    assert judge(weak, [{"package": "sanic", "id": "CVE-1", "until": until}], TODAY) == 0
    assert judge(weak, [{"package": "sanic", "id": "*", "until": until}], TODAY) == 0
    assert judge(weak, [{"package": "other", "id": "*", "until": until}], TODAY) == 1
    assert judge(weak, [{"package": "sanic", "id": "*", "until": dt.date(2026, 10, 1)}], TODAY) == 1
    assert judge([], [{"package": "x", "id": "*", "until": dt.date(2026, 10, 1)}], TODAY) == 1
    assert judge([{"name": "x", "version": "1"}], [], TODAY) == 0
