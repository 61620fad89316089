"""The figures of the cluster's table are read off what customers have seen."""

import pytest

from tests.cluster.customers import Seen
from tests.cluster.faults import ALL, parse_faults

pytestmark = pytest.mark.any_database


def _see(*answers: str) -> Seen:
    """One answer a second, each good (+) or bad (-)."""
    return Seen(first=[(float(second), sign == "+") for second, sign in enumerate("".join(answers))])


def test_a_fault_that_no_request_has_felt_takes_no_time() -> None:
    assert _see("+" * 20).seconds_to_recover(5) == 0


def test_it_is_over_with_the_first_of_ten_good_answers_in_a_row() -> None:
    seen = _see("+++++", "--", "+" * 9, "-", "+" * 10)
    assert seen.failed == 3
    assert seen.seconds_to_recover(5) == 12


def test_what_failed_before_it_is_no_part_of_it() -> None:
    assert _see("--", "+" * 20).seconds_to_recover(5) == 0


def test_without_ten_good_answers_in_a_row_it_is_not_over() -> None:
    assert _see("-", "+" * 9).seconds_to_recover(0) == float("inf")


def test_faults_are_named_by_what_happens_and_to_whom() -> None:
    assert [str(fault) for fault in parse_faults("kill:web,split:database")] == ["kill:web", "split:database"]
    assert parse_faults("all") == ALL
    with pytest.raises(ValueError, match="melt:web"):
        parse_faults("melt:web")
