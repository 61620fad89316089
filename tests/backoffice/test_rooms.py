"""The pages of support rooms: the list, a room, an answer, and the buttons (contract, Rooms)."""

import re
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse

from accounts.groups import StaffGroup
from accounts.models import User
from chat.models import Room, RoomMessage, RoomReading
from chat.rooms import search
from chat.rooms.participants import Person
from chat.rooms.queries import PAGE
from chat.services.room_messages import mark_messages_read
from chat.services.rooms import close_support_room
from kernel import clock
from kernel.actor import SYSTEM
from petstore.interfaces.backoffice import rooms
from petstore.interfaces.backoffice.room_transcripts import describe_day
from tenants.models import Tenant
from tenants.scoping import all_tenants, tenant_scope
from tests.backoffice.query_plans import explain_rooms
from tests.backoffice.screens import Page, Screen, messages_on, reload_row, rows_on, screen_of, text_of
from tests.chat.rooms.talking import write_in_room
from tests.factories import CustomerFactory, StaffFactory, acting
from tests.snapshots import snapshot

LIST, ROOM, COMMAND = "chat_room_changelist", "chat_room_change", "chat_room_command"
HOSTILE = '<script>alert(1)</script><img src=x onerror=alert(2)> {{ 7|add:7 }} & "quoted"'


@pytest.fixture
def viewers(acme: Tenant) -> Screen:
    """The screen of somebody who may only look."""
    return screen_of(StaffFactory.create(tenant=acme, username="vera", group=StaffGroup.VIEWER))


@pytest.fixture
def clerks(acme: Tenant) -> Screen:
    return screen_of(StaffFactory.create(tenant=acme, username="kim", group=StaffGroup.CLERK))


def close_room(room: Room) -> None:
    with tenant_scope(room.tenant_id):
        close_support_room(room_id=room.pk, actor=SYSTEM)


def change_wait(room: Room, ago: timedelta) -> None:
    with tenant_scope(room.tenant_id):
        Room.objects.filter(pk=room.pk).update(waiting_since=clock.now() - ago)


def texts_in(room: Room) -> list[str]:
    with all_tenants(reason="the test looks at what happened"):
        return list(RoomMessage.objects.filter(room=room).order_by("number").values_list("text", flat=True))


def answer_on(screen: Screen, room: Room, text: str, **values: Any) -> Page:
    """Fill the form of a room's page as it was opened."""
    form = screen.open(ROOM, room.pk).context["reply_form"]
    shown = {"client_id": form["client_id"].value(), "seen": form["seen"].value() or ""}
    return screen.fill(ROOM, room.pk, text=text, _reply="yes", **shown | values)


def test_those_who_wait_come_first_and_then_the_newest(acme: Tenant, sam: User, sams: Screen) -> None:
    first, second, third, fourth = (write_in_room(CustomerFactory.create(tenant=acme), "Hello").room for _ in range(4))
    change_wait(second, timedelta(hours=2))
    write_in_room(sam, "Good morning", room_id=third.pk)
    close_room(fourth)
    page = sams.open(LIST)
    assert rows_on(page) == [second, first, fourth, third]
    assert "2\xa0hours" in text_of(page)


def test_a_row_tells_customer_last_message_agent_and_status(alice: User, sam: User, room: Room, sams: Screen) -> None:
    text = text_of(sams.open(LIST))
    assert "Is Luna still there?" in text
    assert f'href="{reverse("admin:accounts_user_change", args=(alice.pk,))}">Alice Miller<' in text
    assert (">Waiting" in " ".join(text.split()).replace("> ", ">"), "nobody yet" in text) == (True, True)
    write_in_room(sam, "She is, come and see her", room_id=room.pk)
    text = text_of(sams.open(LIST))
    assert '<span class="muted">Answer:</span> She is, come and see her' in text
    assert ("Is Luna" in text, "nobody yet" in text) == (False, False)


@pytest.mark.parametrize(
    ("chosen", "shown"), [("waiting", [0]), ("mine", [1]), ("open", [0, 1, 2]), ("closed", [3]), ("", [0, 1, 2, 3])]
)
def test_the_list_is_narrowed_by_what_has_become_of_a_room(
    acme: Tenant, sam: User, sams: Screen, chosen: str, shown: list[int]
) -> None:
    kim = StaffFactory.create(tenant=acme, username="kim")
    found = [write_in_room(CustomerFactory.create(tenant=acme), "Hello").room for _ in range(4)]
    for agent, place in ((sam, 1), (kim, 2), (sam, 3)):
        write_in_room(agent, "Good morning", room_id=found[place].pk)
    close_room(found[3])
    page = sams.open(LIST, room=chosen)
    assert {row.pk for row in rows_on(page)} == {found[place].pk for place in shown}
    assert [link.label for link in page.context["quick_links"]] == ["All", "Waiting", "Mine", "Open", "Closed"]
    assert [link.is_chosen for link in page.context["quick_links"]].count(True) == 1


@pytest.mark.parametrize("most", [0, 1000])
@pytest.mark.parametrize("term", ["ALICE", "alice miller", "alice@", "mill"])
def test_a_room_is_found_by_its_customer(
    room: Room, charlie: User, sams: Screen, term: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MAX_MATCHES", most)
    assert rows_on(sams.open(LIST, q=term)) == [room]
    assert rows_on(sams.open(LIST, q="nobody")) == []
    assert rows_on(sams.open(LIST, q="charlie")) == []


def test_a_room_is_found_by_its_id_and_by_its_customers(room: Room, sams: Screen) -> None:
    assert rows_on(sams.open(LIST, q=str(room.pk))) == rows_on(sams.open(LIST, q=str(room.customer_id))) == [room]
    assert rows_on(sams.open(LIST, q=str(uuid4()))) == []
    assert "q=" + str(room.customer_id) in text_of(sams.open("accounts_user_change", room.customer_id))


def test_a_search_that_is_too_long_is_refused_with_a_sentence(room: Room, sams: Screen) -> None:
    page = sams.open(LIST, q="x " * 60)
    assert messages_on(page) == ["Search for at most 8 words and 100 characters."]


def test_an_empty_list_says_when_a_room_appears(sams: Screen) -> None:
    assert "When a customer writes to the shop" in text_of(sams.open(LIST))


@pytest.mark.as_owner
@pytest.mark.parametrize("chosen", ["", "open", "waiting"])
def test_the_list_is_read_in_the_order_of_an_index(acme: Tenant, sams: Screen, roots: Screen, chosen: str) -> None:
    customer = CustomerFactory.create(tenant=acme)
    for screen in (sams, roots):
        plan = explain_rooms(customer, screen.open(LIST, room=chosen).context["cl"].queryset[:50])
        if plan is not None:
            assert "Sort" not in plan
            assert re.search("room_by_urgency|room_urgency_of_all|room_open_by_urgency", plan)


def test_staff_of_one_shop_see_and_answer_no_room_of_another(
    room: Room, foreign_room: Room, sams: Screen, roots: Screen
) -> None:
    assert rows_on(sams.open(LIST)) == [room]
    assert {row.pk for row in rows_on(roots.open(LIST))} == {room.pk, foreign_room.pk}
    before = snapshot()
    for name in ("live", "read", "typing"):
        assert sams.get(reverse(f"admin:chat_room_{name}", args=(foreign_room.pk,))).status_code == 404
    for page in (
        sams.open(ROOM, foreign_room.pk),
        sams.fill(ROOM, foreign_room.pk, text="Hello", client_id="c-1", _reply="yes"),
        sams.fill(COMMAND, foreign_room.pk, "assign"),
    ):
        assert "exist. Perhaps it was deleted" in " ".join(messages_on(page))
    assert snapshot() == before


def test_staff_of_several_shops_answer_in_the_rooms_own(
    room: Room, foreign_room: Room, root: User, roots: Screen
) -> None:
    assert answer_on(roots, foreign_room, "She has").redirect_chain
    with tenant_scope(foreign_room.tenant_id):
        message = RoomMessage.objects.get(room=foreign_room, role="AGENT")
    assert (message.text, message.sender_id) == ("She has", root.pk)


def test_a_room_shows_what_was_said_by_whom_and_when(alice: User, sam: User, room: Room, sams: Screen) -> None:
    sent = write_in_room(sam, "She is!\nCome and see her.", room_id=room.pk)
    text = text_of(sams.open(ROOM, room.pk))
    for part in (
        "Alice Miller",
        "Is Luna still there?",
        "She is!\nCome and see her.",
        "Today",
        f"{sent.sent_at:%H:%M}",
    ):
        assert part in text
    assert "alice@example.com" in text


def test_hostile_text_and_names_are_text(acme: Tenant, sams: Screen) -> None:
    customer = CustomerFactory.create(tenant=acme, username="mallory", first_name="<b>Mal", last_name='"><i>')
    hostile = write_in_room(customer, HOSTILE).room
    for page in (sams.open(LIST), sams.open(ROOM, hostile.pk), sams.open(COMMAND, hostile.pk, "close")):
        source = page.content.decode()
        assert [mark for mark in ("<script>alert", "<img src=x", "<b>Mal", "<i>", ">14<") if mark in source] == []
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in sams.open(ROOM, hostile.pk).content.decode()


def test_what_an_erased_customer_wrote_is_blanked_on_the_page(alice: User, room: Room, sams: Screen) -> None:
    with tenant_scope(alice.tenant_id):
        RoomMessage.objects.filter(room=room).update(text="", sender_name="")
    assert "[erased]" in text_of(sams.open(ROOM, room.pk))
    assert sams.open(LIST).status_code == 200


def test_a_long_conversation_is_paged_backwards(alice: User, room: Room, sams: Screen) -> None:
    for number in range(PAGE + 5):
        write_in_room(alice, f"Question {number}", room_id=room.pk)
    page = sams.open(ROOM, room.pk)
    assert [line.shown_text for line in page.context["lines"]][:: PAGE - 1] == ["Question 5", f"Question {PAGE + 4}"]
    earlier = sams.open(ROOM, room.pk, up_to=page.context["earlier"])
    assert [line.shown_text for line in earlier.context["lines"]][::5] == ["Is Luna still there?", "Question 4"]
    assert earlier.context["earlier"] is None
    assert ('name="_reply"' in text_of(page), 'name="_reply"' in text_of(earlier)) == (True, False)
    assert sams.open(ROOM, room.pk, up_to="x").status_code == 200


def test_days_are_told_in_words() -> None:
    today = date(2026, 5, 13)
    assert [describe_day(today - timedelta(days=ago), today) for ago in (0, 1, 2)] == [
        "Today",
        "Yesterday",
        "Monday, 11 May 2026",
    ]


def test_an_answer_is_stored_and_its_writer_has_the_room(sam: User, room: Room, sams: Screen) -> None:
    page = answer_on(sams, room, "She is!\r\nCome and see her.")
    assert page.redirect_chain[0][0] == reverse(f"admin:{ROOM}", args=(room.pk,))
    assert texts_in(room) == ["Is Luna still there?", "She is!\nCome and see her."]
    assert (reload_row(room).agent_id, reload_row(room).waiting_since) == (sam.pk, None)
    with tenant_scope(room.tenant_id):
        assert RoomReading.objects.get().reader_id == sam.pk


def test_the_same_form_sent_twice_stores_one_answer(room: Room, sams: Screen) -> None:
    for _ in range(2):
        answer_on(sams, room, "She is", client_id="c-1")
    assert texts_in(room) == ["Is Luna still there?", "She is"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "Write something first."),
        (" \n ", "This field may not be blank."),
        ("x" * 4001, "Ensure this field has no more than 4000 characters."),
        ("bell\a", "Give a text without control or direction characters."),
    ],
)
def test_a_text_that_is_none_is_refused_at_its_field_and_kept(room: Room, sams: Screen, text: str, told: str) -> None:
    before = snapshot()
    page = answer_on(sams, room, text)
    assert page.context["reply_form"].errors["text"] == [told]
    assert page.context["reply_form"]["text"].value() == text
    assert told in text_of(page)
    assert snapshot() == before


def test_a_script_is_told_in_json_and_given_the_next_id(room: Room, sams: Screen) -> None:
    def send(text: str) -> Page:
        address = reverse(f"admin:{ROOM}", args=(room.pk,))
        values = {"text": text, "client_id": "c-1", "_reply": "yes"}
        return sams.post(address, values, headers={"Accept": "application/json"})

    stored, refused = send("She is"), send(" ")
    assert (stored.status_code, stored.json()["errors"]) == (200, [])
    assert stored.json()["clientId"] != "c-1"
    assert (refused.status_code, refused.json()["errors"]) == (400, ["This field may not be blank."])
    close_room(room)
    values = {"text": "Hello?", "client_id": "c-2", "_reply": "yes"}
    late = sams.post(reverse(f"admin:{ROOM}", args=(room.pk,)), values, headers={"Accept": "application/json"})
    assert (late.status_code, late.json()["errors"]) == (409, ["This room is closed"])


def test_a_closed_room_shows_no_form_and_says_why(room: Room, sams: Screen) -> None:
    form = sams.open(ROOM, room.pk).context["reply_form"]
    close_room(room)
    text = text_of(sams.open(ROOM, room.pk))
    assert ('name="_reply"' in text, "/command/" in text, "data-live" in text) == (False, False, False)
    assert "This room is closed. Nobody can write in it any more." in text
    before = snapshot()
    sams.fill(ROOM, room.pk, text="Hello?", client_id=form["client_id"].value(), _reply="yes")
    assert snapshot() == before


def test_a_room_is_assigned_by_its_button(sam: User, room: Room, sams: Screen) -> None:
    assert "/command/assign/" in text_of(sams.open(ROOM, room.pk))
    page = sams.fill(COMMAND, room.pk, "assign")
    assert messages_on(page) == ["1 room assigned to you."]
    assert reload_row(room).agent_id == sam.pk
    assert "/command/assign/" not in text_of(page)
    assert "You" in text_of(page)


def test_a_room_is_closed_after_a_page_that_says_what_will_happen(room: Room, sams: Screen) -> None:
    before = snapshot()
    asked = text_of(sams.open(COMMAND, room.pk, "close"))
    assert ("Alice Miller" in asked, "It cannot be opened again" in asked) == (True, True)
    assert snapshot() == before
    page = sams.fill(COMMAND, room.pk, "close")
    assert messages_on(page) == ["1 room closed."]
    assert reload_row(room).status == "CLOSED"


def test_many_rooms_are_closed_from_the_list(acme: Tenant, sams: Screen) -> None:
    found = [write_in_room(CustomerFactory.create(tenant=acme), "Hello").room for _ in range(2)]
    page = sams.tick(found, "close", confirmed="yes")
    assert messages_on(page) == ["2 rooms closed."]
    assert {reload_row(room).status for room in found} == {"CLOSED"}


def test_whoever_may_only_look_is_offered_nothing_and_does_nothing(room: Room, viewers: Screen) -> None:
    text = text_of(viewers.open(ROOM, room.pk))
    assert "Is Luna still there?" in text
    assert [mark for mark in ('name="_reply"', "/command/", "data-read", "data-typing") if mark in text] == []
    before = snapshot()
    message_id = text.partition('data-id="')[2][:36]
    assert viewers.fill(ROOM, room.pk, text="Hello", client_id="c-1", _reply="yes").status_code == 403
    assert viewers.fill("chat_room_read", room.pk, message=message_id).status_code == 403
    assert viewers.fill("chat_room_typing", room.pk, typing="1").status_code == 403
    for command in ("assign", "close"):
        viewers.fill(COMMAND, room.pk, command)
    assert snapshot() == before


def test_a_clerk_answers_assigns_and_closes(room: Room, clerks: Screen) -> None:
    answer_on(clerks, room, "She is")
    clerks.fill(COMMAND, room.pk, "close")
    assert (texts_in(room)[-1], reload_row(room).status) == ("She is", "CLOSED")


def test_what_is_on_the_screen_is_marked_as_read(sam: User, alice: User, room: Room, sams: Screen) -> None:
    text = text_of(sams.open(ROOM, room.pk))
    message_id = text.partition('data-id="')[2][:36]
    assert sams.fill("chat_room_read", room.pk, message=message_id).status_code == 204
    with tenant_scope(room.tenant_id):
        assert str(RoomReading.objects.get(reader_id=sam.pk).message_id) == message_id
    before = snapshot()
    for message, status in (("x", 400), (str(uuid4()), 404)):
        assert sams.fill("chat_room_read", room.pk, message=message).status_code == status
    assert sams.get(reverse("admin:chat_room_read", args=(room.pk,))).status_code == 405
    assert snapshot() == before


def test_the_customers_mark_stands_below_the_newest_answer_that_they_have_read(
    alice: User, sam: User, room: Room, sams: Screen
) -> None:
    read = write_in_room(sam, "She is", room_id=room.pk)
    write_in_room(sam, "Come and see her", room_id=room.pk)
    with tenant_scope(room.tenant_id):
        mark_messages_read(room_id=room.pk, message_id=read.pk, reader=Person(alice.pk, "Alice"), actor=acting(alice))
    lines = sams.open(ROOM, room.pk).context["lines"]
    assert [line.shown_text for line in lines if line.is_read_up_to] == ["She is"]


def test_openings_have_the_names_filled_in_and_come_into_the_form(room: Room, sams: Screen) -> None:
    page = sams.open(ROOM, room.pk)
    texts = {opening.name: opening.text for opening in page.context["openings"]}
    assert texts["greeting"] == "Hello Alice, this is Sam of Acme. How can I help you?"
    chosen = sams.open(ROOM, room.pk, opening="greeting").context["reply_form"]
    assert chosen["text"].value() == texts["greeting"]
    assert sams.open(ROOM, room.pk, opening="none").context["reply_form"]["text"].value() == ""


def test_typing_is_told_so_often_and_no_more(room: Room, sams: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "TYPING_QUOTA", (2, 3600))
    statuses = [sams.fill("chat_room_typing", room.pk, typing="1").status_code for _ in range(3)]
    assert statuses == [204, 204, 429]


def test_a_form_of_another_kind_is_no_answer(room: Room, sams: Screen) -> None:
    before = snapshot()
    assert sams.fill(ROOM, room.pk, text="Hello", client_id="c-1").status_code == 400
    assert snapshot() == before


@pytest.mark.parametrize("waiting", [0, 2])
def test_the_menu_counts_the_rooms_of_ones_own_shops_that_wait(
    acme: Tenant, foreign_room: Room, sams: Screen, roots: Screen, waiting: int
) -> None:
    for _ in range(waiting):
        write_in_room(CustomerFactory.create(tenant=acme), "Hello")
    shown = [re.findall(r'"menu-badge">(.*?)<', text_of(screen.open("index"))) for screen in (sams, roots)]
    assert shown == [["2"] if waiting else [], [str(waiting + 1)]]


def test_the_menu_counts_no_further_than_it_has_room_for(
    acme: Tenant, sams: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rooms, "MAX_COUNTED_ROOMS", 1)
    for _ in range(3):
        write_in_room(CustomerFactory.create(tenant=acme), "Hello")
    assert '"menu-badge">1+<' in text_of(sams.open(LIST))


def test_the_journal_leads_to_the_room(room: Room, sams: Screen) -> None:
    sams.fill(COMMAND, room.pk, "assign")
    sams.fill(COMMAND, room.pk, "close")
    page = sams.open("events_auditevent_changelist", entity=str(room.pk))
    assert [event.action for event in rows_on(page)] == ["ROOM_CLOSED", "ROOM_ASSIGNED"]
    assert reverse(f"admin:{ROOM}", args=(room.pk,)) in text_of(page)


def test_a_server_that_cannot_stream_says_that_there_is_nothing(room: Room, sams: Screen) -> None:
    assert sams.open("chat_room_live", room.pk).status_code == 204
