"""Charts end their axis at a round number that no value exceeds."""

import pytest

from helpline.insights.charts import Bar, Chart


@pytest.mark.parametrize(
    ("most", "top"), [(0, 10), (7, 10), (11, 12), (97, 100), (207, 240), (1561, 1600), (1000, 1000), (9999, 10_000)]
)
def test_the_axis_ends_at_a_round_number(most, top):
    assert Chart("volume", "day", (Bar("1", most),)).top == top


def test_a_share_is_of_a_hundred():
    assert Chart("answered", "month", (Bar("1", 40),), unit="share").top == 100
