"""Reading a file of customers: whatever a spreadsheet has made of it, and what it would do."""

from datetime import date, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.rules.imports import (
    ContactLine,
    Known,
    KnownContact,
    KnownCustomer,
    Plan,
    Unreadable,
    cells,
    decoded,
    plan_of,
    sample,
    table_of,
    written,
)
from customers.rules.imports.plan import PARSERS
from customers.rules.imports.table import MOST_BYTES, MOST_ROWS, guarded, plain

NOTHING = Known({}, {}, {})
ACME = KnownCustomer(
    7, "Acme", {
        "plan": "premier", "arr": Decimal("410000.00"), "seats": 2000, "zone": "UTC", "opens": time(9),
        "closes": time(17), "weekdays": [0, 1, 2, 3, 4], "csm": "c@example.org", "tam": "", "notes": "=1+1",
        "confirmed": True,
    },
    aliases=("AHC", "a;c|m\\e"), holidays={date(2026, 12, 24): "Eve; half a day", date(2026, 12, 25): ""},
    contacts=(KnownContact(1, ContactLine("Dana | Reyes", "dana@acme.example", "", "+1 555")),
              KnownContact(2, ContactLine("-Ann"))),
)


def known(*customers: KnownCustomer, people: dict[str, int] | None = None) -> Known:
    names = {alias.lower(): one.id for one in customers for alias in one.aliases}
    names |= {one.name.lower(): one.id for one in customers}
    return Known({one.id: one for one in customers}, names, people or {})


def tried(text: str, there: Known = NOTHING, *, sees_money: bool = True) -> Plan:
    return plan_of(table_of(text), there, sees_money=sees_money)


def faults(text: str, there: Known = NOTHING) -> list[str]:
    return [str(fault) for fault in tried(text, there).faults]


class TestBytes:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
    def test_every_usual_encoding_is_read(self, encoding: str) -> None:
        text = "name,notes\r\nMüller & Söhne,täglich\r\n"
        plan = tried(decoded(text.encode(encoding)))
        assert [(one.name, one.values["notes"]) for one in plan.added] == [("Müller & Söhne", "täglich")]

    @pytest.mark.parametrize(("raw", "words"), [
        (b"", "empty"), (b" \n \n", "empty"), (b"PK\x03\x04workbook", "workbook"),
        (b"name\nAc\x00me\n", "not a text file"), (b"\x89PNG\r\n\x1a\n\x00\x00\x00", "not a text file"),
        (b"name\n" + b"x" * MOST_BYTES, "larger than 2 MB"), (b"\xff\xfe\x00", "not a text file"),
        (b"name\n\x81\x8d\x8f\n", "not a text file"),
    ])
    def test_what_is_no_text_is_refused_in_words(self, raw: bytes, words: str) -> None:
        with pytest.raises(Unreadable, match=words):
            decoded(raw)

    @given(st.binary(max_size=300))
    def test_no_bytes_break_it(self, raw: bytes) -> None:
        try:
            plan = tried(decoded(raw))
        except Unreadable:
            return
        assert plan.faults or plan.added


class TestTable:
    @pytest.mark.parametrize("text", [
        "name,plan,seats\nAcme,Premier,\"1,000\"\n", "name;plan;seats\r\nAcme;Premier;1.000\r\n",
        "name\tplan\tseats\nAcme\tPREMIER\t1 000\n", "sep=;\nname;plan;seats\nAcme;premier;1'000\n",
        "\"Customer\",\"PLAN\",\"Licensed Seats\"\n\"Acme\",\"Premier\",\"1000\"\n\n\n",
    ])
    def test_separators_quotes_and_heads_as_spreadsheets_write_them(self, text: str) -> None:
        (one,) = tried(text).added
        assert (one.name, one.values["plan"], one.values["seats"]) == ("Acme", "premier", 1000)

    @pytest.mark.parametrize(("text", "fault"), [
        ("plan\nPremier\n", "row 1, name: There is no column"),
        ("name,plan,Plan\nAcme,,\n", "row 1, plan: This column stands there twice."),
        ("name\n", "row 1: There is a head, and no customer below it."),
        ("name,plan\nAcme,Premier,3\n", "row 2: There are more cells than heads"),
        ("name\n\"Acme\nBolt\n", "row 2: From here on the file cannot be read"),
        ("name\n\"Acme\"x\n", "row 2: From here on the file cannot be read"),
        ("name\n" + "x" * 140_000 + "\n", "row 2: From here on the file cannot be read"),
        ("name,plan\n,Premier\n", "row 2, name: A row needs the customer's name."),
    ])
    def test_a_table_that_is_none_says_where(self, text: str, fault: str) -> None:
        assert faults(text)[0].startswith(fault)

    def test_a_file_has_an_end(self) -> None:
        text = "name\n" + "\n".join(f"C{n}" for n in range(MOST_ROWS + 1))
        assert faults(text) == [f"row {MOST_ROWS + 2}: A file has at most 2,000 customers. Divide it into several."]

    def test_rows_are_counted_as_a_spreadsheet_does(self) -> None:
        assert faults('name,notes,plan\nAcme,"two\nlines",\n\nBolt,,gold\n')[0].startswith("row 4, plan: “gold”")

    def test_columns_that_mean_nothing_are_said(self) -> None:
        assert tried("name,Colour,plna\nAcme,red,\n").unread == ("Colour", "plna")


class TestCells:
    @pytest.mark.parametrize(("text", "value"), [
        ("1,200.50", "1200.50"), ("1.200,50", "1200.50"), ("1 200,50", "1200.50"), ("1'200.50", "1200.50"),
        ("1,200", "1200"), ("1.200", "1200"), ("1.200.300", "1200300"), ("$ 410,000", "410000"), ("410 USD", "410"),
        ("12,5", "12.50"), ("0.5", "0.50"), ("0", "0"), ("1200.", "1200"), ("1\u00a0200,50", "1200.50"),
        ("1,234,567.89", "1234567.89"), ("1.234.567,89", "1234567.89"),
    ])
    def test_money_as_it_is_written_here_and_in_europe(self, text: str, value: str) -> None:
        assert cells.money(text) == Decimal(value)

    @pytest.mark.parametrize("text", [
        "-5", "(500)", "−3", "a lot", "1e5", "NaN", "Infinity", "1,2,3", "1.2.3", "12345,678", "1.200,505", "٣",
        "1 2 3", "1,200 . 5", "99999999999", "1,2.3,4", "9" * 400, "=1+1", "0x10",
    ])
    def test_what_is_no_money_is_refused_in_words(self, text: str) -> None:
        with pytest.raises(ValueError, match="“"):
            cells.money(text)

    @given(st.sampled_from(sorted(PARSERS)), st.text(max_size=40) | st.text("0123456789.,;|-: 'amp", max_size=20))
    def test_whatever_stands_in_a_cell_it_is_read_or_refused_in_words(self, column: str, text: str) -> None:
        try:
            PARSERS[column](text.strip() or "x")
        except ValueError as error:
            assert str(error).endswith(".")

    @given(st.decimals(min_value=0, max_value=9_999_999_999, places=2))
    def test_any_amount_is_read_as_it_is_written_in_three_ways(self, value: Decimal) -> None:
        american = f"{value:,.2f}"
        european = american.translate(str.maketrans(",.", ".,"))
        assert cells.money(american) == cells.money(european) == cells.money(f"{value:.2f}") == value

    @pytest.mark.parametrize(("text", "value"), [
        ("9", time(9)), ("9:30", time(9, 30)), ("17:00", time(17)), ("5 pm", time(17)), ("12am", time(0)),
        ("24:00", time(0)), ("09:00:00", time(9)), ("8.15", time(8, 15)),
    ])
    def test_times(self, text: str, value: time) -> None:
        assert cells.clock(text) == value

    @pytest.mark.parametrize(("text", "days"), [
        ("Mon-Fri", [0, 1, 2, 3, 4]), ("Sun to Thu", [0, 1, 2, 3, 6]), ("Monday, wed; FRI", [0, 2, 4]),
        ("Sat and Sun", [5, 6]), ("Mon – Tue", [0, 1]),
    ])
    def test_days_of_the_week(self, text: str, days: list[int]) -> None:
        assert cells.weekdays(text) == days

    @pytest.mark.parametrize(("column", "text"), [
        ("opens", "25:00"), ("opens", "13 pm"), ("opens", "noon"), ("weekdays", "Funday"), ("weekdays", "Mon-Tue-Wed"),
        ("weekdays", "1-5"), ("zone", "Mars/Olympus"), ("zone", "../../etc/passwd"), ("seats", "-5"), ("seats", "2.5"),
        ("seats", "9999999999"), ("plan", "gold"), ("csm", "chris"), ("holidays", "24/12/2026"),
        ("holidays", "2026-02-30"), ("holidays", "2026-12-24 " + "x" * 81), ("contacts", "Dana | no address"),
        ("contacts", "| dana@acme.example"), ("contacts", "A | a@b.co | c | d | e"), ("confirmed", "maybe"),
        ("contacts", "A | a@b.co; B | A@B.co"), ("notes", "x" * 5000), ("aliases", "x" * 121),
    ])
    def test_each_fault_is_said_by_row_and_column(self, column: str, text: str) -> None:
        (fault,) = faults(f'name;{column}\nAcme;"{text}"\n')
        assert fault.startswith(f"row 2, {column}: ") and fault.endswith(".")

    def test_a_zone_is_found_in_any_case(self) -> None:
        assert cells.zone("america/new york") == "America/New_York"

    @given(st.lists(st.text(max_size=12), min_size=1, max_size=5), st.sampled_from(";|"))
    def test_a_list_in_a_cell_is_read_as_it_was(self, parts: list[str], mark: str) -> None:
        stripped = [part.strip() for part in parts]
        assert [part.strip() for part in cells.split(cells.joined(stripped, mark), mark)] == stripped

    @given(st.text(alphabet="='+-@a ", max_size=8))
    def test_no_cell_is_a_formula_and_each_is_read_as_it_was(self, value: str) -> None:
        value = value.strip()
        assert not guarded(value).startswith(("=", "+", "-", "@"))
        assert plain(guarded(value)) == value


class TestThePlan:
    def test_what_is_written_changes_nothing(self) -> None:
        plan = tried(written([ACME], sees_money=True), known(ACME))
        assert not plan.faults and not plan.does_something and plan.unchanged == ("Acme",)

    def test_the_same_without_money(self) -> None:
        text = written([ACME], sees_money=False)
        assert "410" not in text and "arr" not in text
        assert tried(text, known(ACME), sees_money=False).unchanged == ("Acme",)

    def test_the_sample_can_be_read(self) -> None:
        plan = tried(sample(sees_money=True))
        assert [one.name for one in plan.added] == ["Acme Health", "Second Example"] and not plan.faults

    def test_a_change_is_shown_field_by_field(self) -> None:
        (one,) = tried("name,plan,arr,seats\nACME,Enterprise,\"410,500\",2000\n", known(ACME)).changed
        assert one.id == 7
        assert [(each.label, each.old, each.new) for each in one.shown] == [
            ("Plan", "Premier", "Enterprise"), ("ARR", "$410,000", "$410,500"),
        ]

    def test_empty_cells_and_shorter_lists_take_nothing_away(self) -> None:
        plan = tried("name,plan,arr,aliases,contacts,holidays\nAHC,,,,'-Ann,2026-12-25\n", known(ACME))
        assert plan.unchanged == ("Acme",) and not plan.does_something and not plan.faults

    def test_contacts_are_known_by_their_address(self) -> None:
        text = "name,contacts\nAcme,Dana Reyes | DANA@acme.example | IT manager; New | new@acme.example\n"
        (one,) = tried(text, known(ACME)).changed
        assert one.contacts == (
            (1, ContactLine("Dana Reyes", "dana@acme.example", "IT manager", "+1 555")),
            (None, ContactLine("New", "new@acme.example")),
        )

    @pytest.mark.parametrize(("text", "fault"), [
        ("name\nBolt\nBOLT\n", "row 3, name: BOLT stands in row 2 already."),
        ("name\nAcme\nahc\n", "row 3, name: ahc stands in row 2 already."),
        ("name,aliases\nBolt,AHC\n", "row 2, aliases: “AHC” is the name of another customer."),
        ("name,aliases\nBolt,Zed\nZed,\n", "row 2, aliases: “Zed” is the name of another customer."),
        ("name,aliases\nBolt,Q\nZed,q\n", "row 3, aliases: “q” is the name of another customer."),
        ("name,csm\nBolt,x@example.org\n", "row 2, csm: Nobody here has the address x@example.org."),
        ("name,opens,closes\nBolt,17:00,9:00\n", "row 2, closes: The office would close at 09:00"),
        ("name,opens\nAcme,18:00\n", "row 2, closes: The office would close at 17:00"),
    ])
    def test_names_people_and_hours_that_do_not_fit(self, text: str, fault: str) -> None:
        assert faults(text, known(ACME))[0].startswith(fault)

    def test_who_was_set_aside_is_not_changed(self) -> None:
        aside = KnownCustomer(8, "Old", {}, archived=True)
        assert "was set aside" in faults("name\nOld\n", known(aside))[0]

    def test_who_left_stays_where_they_stand(self) -> None:
        assert faults("name,csm\nAcme,c@example.org\n", known(ACME)) == []

    def test_the_column_of_money_is_a_fault_for_who_may_not_see_it(self) -> None:
        plan = tried("name,arr\nAcme,5\nBolt,7\n", known(ACME), sees_money=False)
        assert str(plan.faults[0]).startswith("row 1, arr: You may not see")
        assert "$" not in repr(plan) and "410" not in repr(plan)

    def test_a_new_one_is_confirmed_unless_the_file_says_otherwise(self) -> None:
        plan = tried("name,confirmed\nBolt,\nZed,no\n")
        assert [one.values["confirmed"] for one in plan.added] == [True, False]

    def test_confirming_goes_one_way(self) -> None:
        unsure = KnownCustomer(9, "Zed", {"confirmed": False})
        assert not tried("name,confirmed\nAcme,no\nZed,no\n", known(ACME, unsure)).does_something
        (one,) = tried("name,confirmed\nZed,yes\n", known(unsure)).changed
        assert one.values == {"confirmed": True}

    def test_two_plans_that_do_the_same_have_the_same_digest(self) -> None:
        text: Any = "name,seats\nAcme,{}\n"
        digests = [tried(text.format(seats), known(ACME)).digest for seats in ("5", "5.0", "6")]
        assert digests[0] == digests[1] != digests[2]
