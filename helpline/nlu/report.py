"""The figures of an evaluation as text, and the risk-coverage curves as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from helpline.nlu import evaluation
from helpline.nlu.evaluation import Figures, Judged

_COLOURS = ("#1f6f8b", "#c8553d", "#588157", "#8a5a9e", "#b8860b", "#3d405b", "#777777", "#2a9d8f")
_WIDTH, _HEIGHT, _MARGIN = 560, 320, 46
_HIGHEST_RISK = 0.4


def table(judged: Sequence[Judged]) -> str:
    """A row of figures for each language and one for all."""
    codes = sorted({message.language for message, _ in judged})
    rows = [(code, evaluation.figures([one for one in judged if one[0].language == code])) for code in codes]
    if len(rows) != 1:
        rows.append(("all", evaluation.figures(judged)))
    head = (
        "| language | messages | right | in top 3 | answered | suggested | handed off | wrong answers (95 %) "
        "| strangers not answered | emergencies seen | alarms, tempting | alarms, ordinary |\n" + "|---" * 12 + "|\n"
    )
    return head + "".join(f"| {code} | {' | '.join(_cells(one))} |\n" for code, one in rows)


def _cells(one: Figures) -> list[str]:
    low, high = evaluation.interval(one.wrong, one.answers)
    scope = one.messages > one.strangers
    shares = [one.right, one.top3, one.answered, one.suggested, one.handed_off]
    return [
        str(one.messages),
        *(f"{100 * share:.1f} %" if scope else "" for share in shares),
        f"{100 * one.wrong_share:.1f} % ({100 * low:.1f} to {100 * high:.1f})" if one.answers else "",
        _of(one.strangers_kept_out, one.strangers),
        _of(one.emergencies_seen, one.emergencies),
        _of(one.tempting_alarms, one.tempting),
        _of(one.ordinary_alarms, one.ordinary),
    ]


def _of(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} % of {whole}" if whole else ""


def guesses(judged: Sequence[Judged]) -> str:
    """Only what was guessed, a row for each language: for models whose limits nobody fitted."""
    rows = ["| language | messages | right | in top 3 |\n|---|---|---|---|\n"]
    for code in sorted({message.language for message, _ in judged}):
        one = evaluation.figures([pair for pair in judged if pair[0].language == code])
        rows.append(f"| {code} | {one.messages} | {100 * one.right:.1f} % | {100 * one.top3:.1f} % |\n")
    return "".join(rows)


def confusions(judged: Sequence[Judged]) -> str:
    """The ten commonest mistakes with examples."""
    lines = ["| meant | read as | times | examples |\n|---|---|---|---|\n"]
    for meant, seen, times, examples in evaluation.confusions(judged):
        shown = "; ".join(f"{m.text[:90]} ({m.language})".replace("|", "/").replace("\n", " ") for m in examples)
        lines.append(f"| {meant} | {seen} | {times} | {shown} |\n")
    return "".join(lines)


def languages(found: Mapping[int, Mapping[str, float]]) -> str:
    """Share of right languages by number of words."""
    codes = sorted({code for one in found.values() for code in one})
    head = f"| words | {' | '.join(codes)} |\n" + "|---" * (len(codes) + 1) + "|\n"
    rows = []
    for length, shares in found.items():
        cells = [f"{100 * shares[code]:.1f} %" if code in shares else "" for code in codes]
        rows.append(f"| {length or 'all'} | {' | '.join(cells)} |\n")
    return head + "".join(rows)


def picture(judged: Sequence[Judged]) -> str:
    """Risk against coverage, a line for each language, as SVG."""
    codes = sorted({message.language for message, _ in judged})
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" font-family="sans-serif" '
        'font-size="11" fill="#333"><rect width="100%" height="100%" fill="#fff"/>'
    ]
    for step in range(6):
        x, y = _place(step / 5, 0)
        parts.append(f'<text x="{x:.0f}" y="{y + 16:.0f}" text-anchor="middle">{20 * step} %</text>')
    for risk in (0.0, 0.05, 0.1, 0.2, 0.3, 0.4):
        x, y = _place(0, risk)
        end, _ = _place(1, risk)
        colour = "#c8553d" if risk == 0.05 else "#ddd"
        parts.append(f'<path d="M{x:.0f} {y:.0f}H{end:.0f}" stroke="{colour}"/>')
        parts.append(f'<text x="{x - 6:.0f}" y="{y + 4:.0f}" text-anchor="end">{100 * risk:.0f} %</text>')
    for number, code in enumerate(codes):
        points = evaluation.curve([one for one in judged if one[0].language == code])
        colour = _COLOURS[number % len(_COLOURS)]
        step = max(1, len(points) // 200)
        places = (_place(coverage, min(risk, _HIGHEST_RISK)) for coverage, risk in points[::step])
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        parts.append(f'<text x="{_MARGIN + 10 + 44 * number}" y="16" fill="{colour}">{code}</text>')
    parts.append(f'<text x="{_WIDTH / 2:.0f}" y="{_HEIGHT - 6}" text-anchor="middle">messages answered</text>')
    parts.append(f'<text x="12" y="{_HEIGHT / 2:.0f}" transform="rotate(-90 12 {_HEIGHT / 2:.0f})" ')
    parts.append('text-anchor="middle">wrong among answers</text></svg>')
    return "".join(parts)


def _place(coverage: float, risk: float) -> tuple[float, float]:
    x = _MARGIN + coverage * (_WIDTH - 2 * _MARGIN)
    return x, _HEIGHT - _MARGIN - risk / _HIGHEST_RISK * (_HEIGHT - 2 * _MARGIN)
