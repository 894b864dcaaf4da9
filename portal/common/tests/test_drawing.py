"""Charts as they are drawn."""

from portal.common.drawing import line


def test_a_value_between_two_gaps_is_a_dot_and_values_beside_each_other_are_a_line() -> None:
    series = line("x", [1.0, None, 2.0, 3.0], 4.0, tone="blue")
    assert len(series.lines) == 2
    [(x, y)] = series.dots
    assert series.lines[0] == f"{x},{y} {x},{y}"
