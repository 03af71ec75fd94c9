"""No count under ten is shown, and no subtraction of shown counts gives one away."""

from hypothesis import given, settings
from hypothesis import strategies as st

from helpline.insights.protection import LEAST, Sum, bounds, hidden


def attack(counts, sums, held):
    """What subtracting everything shown from everything shown gives: each hidden cell's possible values."""
    assert not any(0 < counts[cell] < LEAST for cell in counts if cell not in held), "a small count is shown"
    for cell, (low, high) in bounds(counts, sums, held).items():
        assert high - low >= LEAST - 1e-6, f"{cell} is between {low} and {high}"
        assert low - 1e-6 <= counts[cell] <= high + 1e-6


def test_a_small_count_is_covered_by_the_next_smallest():
    counts = {"a": 3, "b": 40, "c": 15, "all": 58}
    held = hidden(counts, [Sum(("a", "b", "c"), "all")])
    assert held == {"a", "c"}
    attack(counts, [Sum(("a", "b", "c"), "all")], held)


def test_two_small_counts_that_come_to_less_than_ten_are_covered_too():
    counts = {"a": 3, "b": 2, "c": 50, "d": 60, "all": 115}
    sums = [Sum(("a", "b", "c", "d"), "all")]
    held = hidden(counts, sums)
    assert {"a", "b", "c"} <= held and "all" not in held
    attack(counts, sums, held)


def test_nothing_is_hidden_where_nothing_is_small():
    counts = {"a": 10, "b": 0, "c": 30, "all": 40}
    assert hidden(counts, [Sum(("a", "b", "c"), "all")]) == frozenset()


def test_a_small_total_is_hidden_with_its_parts():
    counts = {"a": 4, "b": 0, "all": 4}
    sums = [Sum(("a", "b"), "all")]
    held = hidden(counts, sums)
    assert {"a", "all"} <= held
    attack(counts, sums, held)


def table(rows, columns):
    counts, sums = {}, []
    names = [(row, column) for row in range(rows) for column in range(columns)]
    for row in range(rows):
        sums.append(Sum(tuple((row, column) for column in range(columns)), ("row", row)))
    for column in range(columns):
        sums.append(Sum(tuple((row, column) for row in range(rows)), ("column", column)))
    sums.append(Sum(tuple(("row", row) for row in range(rows)), "all"))
    sums.append(Sum(tuple(("column", column) for column in range(columns)), "all"))
    return names, counts, sums


def filled(names, counts, sums, values):
    counts.update(zip(names, values, strict=True))
    for one in sums:
        counts[one.total] = sum(counts[part] for part in one.parts)
    return counts


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(2, 5), st.integers(2, 5), st.data())
def test_no_table_with_totals_gives_a_small_count_away(rows, columns, data):
    names, counts, sums = table(rows, columns)
    number = st.one_of(st.integers(0, 12), st.integers(0, 200))
    values = data.draw(st.lists(number, min_size=len(names), max_size=len(names)))
    filled(names, counts, sums, values)
    attack(counts, sums, hidden(counts, sums))


def test_a_bridge_between_two_covered_corners_is_found():
    """Every row and column has two hidden cells, and yet one is known: a rule that only counts would miss it."""
    big = 500
    values = [
        5, 6, big, big, big, big,
        7, 8, 4, big, big, big,
        big, big, 9, 5, 6, big,
        big, big, big, 7, 8, big,
    ]  # fmt: skip
    names, counts, sums = table(4, 6)
    filled(names, counts, sums, values)
    attack(counts, sums, hidden(counts, sums))


def test_what_is_shown_depends_on_the_counts_alone():
    names, counts, sums = table(3, 3)
    filled(names, counts, sums, [1, 20, 30, 40, 2, 60, 70, 80, 90])
    turned = dict(reversed(list(counts.items())))
    once = hidden(counts, sums)
    assert once and hidden(turned, list(reversed(sums))) == once
