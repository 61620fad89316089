"""The limits of an operation: at their bounds and beyond, and what is built to exceed them (contract, GraphQL)."""

from collections.abc import Callable

import pytest
from graphql import GraphQLError, parse

from accounts.models import User
from pets.models import Pet
from petstore.interfaces.graphql import execution, limits
from petstore.interfaces.graphql.documents import (
    MAX_KEPT,
    MAX_KEPT_DOCUMENT,
    MAX_LENGTH,
    MAX_LINES,
    DocumentStore,
    documents,
    read_document,
)
from petstore.interfaces.graphql.errors import MAX_MESSAGE, MAX_PLACES, OperationRefused
from petstore.interfaces.graphql.limits import Tally, list_operations, map_fragments
from tenants.models import Tenant
from tests.graphql.clients import Graph, code_of

pytestmark = pytest.mark.django_db

Build = Callable[[int], str]
CARD = "4242424242424242"


def spell_tokens(number: int) -> str:
    """Many operations of five tokens, of which the first has what is left over."""
    count, rest = divmod(number, 5)
    others = " ".join(f"query Q{index} {{ __typename }}" for index in range(1, count))
    return f"query Q {{ __typename {'__typename ' * rest}}} {others}"


def spell_levels(number: int) -> str:
    """Fields of the schema's own types."""
    return '{ __type(name: "Pet") ' + "{ ofType " * (number - 2) + "{ name" + " }" * number


def spell_cost(number: int) -> str:
    """A list of 100 pets, one of a single order, and names of the root, which cost so much together."""
    pets, orders, root = "id " * 49, "id " * (number - 4920), "__typename " * 18
    return f"{{ pets(limit: 100) {{ {pets}}} orders(limit: 1) {{ {orders}}} {root}}}"


BOUNDS: dict[str, tuple[int, Build]] = {
    "levels": (limits.MAX_SCHEMA_DEPTH, spell_levels),
    "aliases": (limits.MAX_ALIASES, lambda number: f"{{ pets {{ {' '.join(f'a{n}: id' for n in range(number))} }} }}"),
    "fields at the root": (limits.MAX_ROOT_FIELDS, lambda number: f"{{ {'__typename ' * number}}}"),
    "directives": (limits.MAX_DIRECTIVES, lambda number: f"{{ pets {{ name {'id @skip(if: true) ' * number}}} }}"),
    "of cost": (limits.MAX_COST, spell_cost),
}


def count_operation(text: str) -> Tally:
    """The tally of the first operation, which stops at the first limit."""
    document = parse(text)
    tally = Tally(map_fragments(document))
    with pytest.raises(GraphQLError):
        tally.count_operation(list_operations(document)[0])
    return tally


@pytest.mark.parametrize("what", BOUNDS)
def test_a_bound_is_taken_and_one_more_is_refused(pool: Tenant, what: str) -> None:
    bound, build = BOUNDS[what]
    errors = Graph().result(build(bound)).get("errors", ())
    assert {code_of(error) for error in errors} <= {"UNAUTHORIZED"}
    error = Graph().refusal(build(bound + 1))
    assert code_of(error) == "GRAPHQL_VALIDATION_FAILED"
    assert error["message"] == f"The operation has more than {bound} {what}."


def test_tokens_have_a_bound_and_one_more_is_refused(pool: Tenant) -> None:
    body = {"query": spell_tokens(limits.MAX_TOKENS), "operationName": "Q"}
    assert Graph().send(body).json() == {"data": {"__typename": "Query"}}
    error = Graph().refusal(spell_tokens(limits.MAX_TOKENS + 1))
    assert code_of(error) == "GRAPHQL_VALIDATION_FAILED"
    assert error["message"].startswith(f"Syntax Error: Document contains more than {limits.MAX_TOKENS} tokens.")


def test_outside_of_the_schema_s_own_types_twelve_levels_are_the_most() -> None:
    def nest(number: int) -> str:
        return "{ pet " * number + "}" * number

    tally = Tally({})
    tally.count_operation(list_operations(parse(nest(limits.MAX_DEPTH)))[0])
    assert count_operation(nest(limits.MAX_DEPTH + 1)).selections == limits.MAX_DEPTH + 1


COSTS = [
    ("{ me { id } }", 2),
    ("{ pets { id name } }", 1 + 20 * 2),
    ("{ pets(limit: 3) { medicalInfo { vaccinated } } }", 1 + 3 * 2),
    ("{ pets(limit: 1000000) { id } }", 1 + 100),
    (f"{{ pets(limit: {'9' * 5000}) {{ id }} }}", 1 + 100),
    ("{ pets(limit: -1) { id } }", 1 + 1),
    ("{ pets(limit: null) { id } }", 1 + 20),
    ("{ petsConnection { totalCount nodes { id } edges { cursor node { id } } } }", 1 + 3 + 20 + 20 * 3),
    ("{ ordersConnection(first: 2) { nodes { history { at } payments { id } } } }", 2 + 2 * 22),
    ("{ ordersConnection(last: 3) { edges { node { pet { photos } } } } }", 2 + 3 * 3),
    ("{ ...A ...A } fragment A on Query { pets(limit: 2) { id } }", 2 * (1 + 2)),
    ("{ a: pets(limit: 2) { id } ... { ... @include(if: false) { me { id } } } }", 3 + 2),
]


@pytest.mark.parametrize(("text", "cost"), COSTS)
def test_the_cost_is_that_of_all_rows_that_may_come(text: str, cost: int) -> None:
    document = parse(text)
    tally = Tally(map_fragments(document))
    tally.count_operation(list_operations(document)[0])
    assert tally.cost == cost


FIFTY = "id " * 50


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        (f"query ($n: Int) {{ pets(limit: $n) {{ {FIFTY}}} }}", {"n": 100}),
        (f"query ($n: Int = 100) {{ pets(limit: $n) {{ {FIFTY}}} }}", {}),
        (f"query ($n: Int) {{ petsConnection(last: $n) {{ nodes {{ {FIFTY}}} }} }}", {"n": 100}),
        (f"query ($n: Int) {{ petsConnection(first: $n) {{ edges {{ node {{ {FIFTY}}} }} }} }}", {"n": 99}),
    ],
)
def test_variables_count_with_their_values(pool: Tenant, query: str, variables: dict[str, int]) -> None:
    for _ in range(2):
        error = Graph().refusal(query, **variables)
        assert error["message"] == f"The operation has more than {limits.MAX_COST} of cost."
    Graph().data(query, n=2)
    Graph().data(query, n=None)


def chain(number: int, spread: str, last: str) -> str:
    """Fragments of which each spreads the next one."""
    links = "".join(f"fragment F{n} on Query {{ {spread.format(n + 1)} }} " for n in range(number))
    return f"{{ ...F0 }} {links} fragment F{number} on Query {{ {last} }}"


BOMBS = {
    "fragments that double": chain(40, "...F{0} ...F{0}", "__typename"),
    "fragments that double, without a field": chain(40, "...F{0} ...F{0}", "...Nothing"),
    "a chain of fragments": chain(150, "...F{0}", "__typename"),
    "a fragment in itself": "{ ...A } fragment A on Query { ...A }",
    "two fragments in each other": "{ ...A } fragment A on Query { ...B } fragment B on Query { a: __typename ...A }",
    "a fragment in itself below a field": "{ pets { ...A } } fragment A on Pet { medicalInfo { ...A } }",
    "fragments in fragments": "{ pets { " + "... { " * 150 + "id" + " }" * 150 + " } }",
    "one field many times": "{ pets(limit: 1) { " + "id " * 1_900 + "} }",
    "one object many times": "{ pets(limit: 1) { " + "medicalInfo { vaccinated } " * 480 + "} }",
    "one object many times by fragments": "{ pets(limit: 1) { "
    + "".join(f"...F{n} " for n in range(150))
    + "} }"
    + "".join(f"fragment F{n} on Pet {{ medicalInfo {{ vaccinated }} }}" for n in range(150)),
    "aliases": "{ " + " ".join(f"a{n}: __typename" for n in range(600)) + " }",
    "directives": "{ __typename " + "@include(if: true) " * 280 + "}",
    "directives of variables": f"query ($a: Int {'@a ' * 60}) {{ pets(limit: $a) {{ id }} }}",
    "comments": "#\n" * 5_000 + "{ __typename }",
    "braces": "{ pets " * 900,
    "lists": "{ pets(page: " + "[" * 1_900 + ") { id } }",
    "a long number": f"{{ pets(limit: {'9' * 5_000}) {{ id }} }}",
    "unknown fields": "{ pets { " + " ".join(f"field{n}" for n in range(900)) + " } }",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_what_is_built_to_cost_much_is_refused(pool: Tenant, bomb: str) -> None:
    answer = Graph().send({"query": BOMBS[bomb]})
    assert answer.status_code == 400
    errors = answer.json()["errors"]
    assert {code_of(error) for error in errors} <= {"GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED"}
    assert len(errors) <= 21
    assert len(answer.content) < 20_000


@pytest.mark.parametrize(
    "bomb", [bomb for bomb in BOMBS if bomb.startswith(("fragment", "one", "a chain", "a fragment"))]
)
def test_counting_stops_at_a_limit_whatever_the_fragments_multiply_to(bomb: str) -> None:
    tally = count_operation(BOMBS[bomb])
    assert tally.selections <= limits.MAX_SELECTIONS + 1
    assert tally.pairs <= 2 * limits.MAX_PAIRS**2
    assert tally.cost <= limits.MAX_COST


@pytest.mark.parametrize("text", ["\\u0000", "\\ud800", "\\u{0}", "\\u{110000}"])
def test_an_escape_of_a_character_that_cannot_be_stored_is_refused(pool: Tenant, text: str) -> None:
    assert code_of(Graph().refusal(f'{{ pets(filter: {{search: "{text}"}}) {{ id }} }}')) == "GRAPHQL_PARSE_FAILED"
    assert Graph().data('{ pets(filter: {search: "\\ud83d\\ude00"}) { id } }') == {"pets": []}


def test_large_values_that_are_not_used_do_no_harm(pool: Tenant, stray: Pet) -> None:
    assert Graph().data("{ pets { name } }", unused="x" * 1_000_000) == {"pets": [{"name": "Stray"}]}
    assert Graph().code(f'{{ pet(id: "{"x" * 50_000}") {{ id }} }}') == "NOT_FOUND"


@pytest.mark.parametrize("number", [2**31, -(2**31) - 1, 2**63 - 1, 1.5, True, "1", [1, 2]])
def test_a_number_that_is_no_int_is_refused_and_not_repeated(pool: Tenant, number: object) -> None:
    error = Graph().refusal("query ($n: Int) { pets(limit: $n) { id } }", n=number)
    assert code_of(error) == "BAD_USER_INPUT"
    assert str(number) not in error["message"]


@pytest.mark.parametrize(
    "query",
    [
        f"{{ pets(limit: 1) {{ id }} {CARD}",
        f'{{ pets(limit: 1) {{ id }} "{CARD}" }}',
        f"{{ pets(filter: {{search: {CARD}}}) {{ id }} }}",
        f"{{ a{CARD} }}",
        f"{{ pets(species: A{CARD}) {{ id }} }}",
    ],
)
def test_a_refusal_repeats_no_card_number(pool: Tenant, query: str) -> None:
    for _ in range(2):
        assert CARD not in Graph().send({"query": query}).content.decode()


@pytest.mark.parametrize(
    "unused",
    [
        f"fragment F on Pet {{ {'medicalInfo { vaccinated } ' * 480}}}",
        f"fragment F on Order {{ {'pet { medicalInfo { vaccinated vaccinated } } ' * 240}}}",
        f"fragment F on Pet {{ ...G }} fragment G on Pet {{ {'name ' * 110}}}",
    ],
)
def test_a_fragment_that_no_operation_uses_is_counted_before_it_is_validated(pool: Tenant, unused: str) -> None:
    error = Graph().refusal(f"{{ pets {{ id }} }} {unused}")
    assert code_of(error) == "GRAPHQL_VALIDATION_FAILED"
    assert error["message"].startswith("The operation has more than ")


@pytest.mark.parametrize("text", ["{ pets { id } }" + " " * MAX_LENGTH, "\n" * MAX_LINES + "{ pets { id } }"])
def test_a_text_that_is_far_longer_than_its_tokens_need_is_refused(pool: Tenant, text: str) -> None:
    error = Graph().refusal(text)
    assert code_of(error) == "GRAPHQL_VALIDATION_FAILED"
    assert str(MAX_LENGTH) in error["message"]


def test_a_refusal_names_few_places_and_no_long_names(pool: Tenant) -> None:
    spreads = " ".join(f"...F{number}" for number in range(20))
    fragments = " ".join(f"fragment F{number} on Pet {{ {'x' * 2000} }}" for number in range(20))
    errors = Graph().ask(f"{{ pets {{ {spreads} }} }} {fragments}").json()["errors"]
    assert max(len(error["message"]) for error in errors) == MAX_MESSAGE
    assert max(len(error["locations"]) for error in errors) <= MAX_PLACES


def test_an_operation_that_takes_too_long_is_ended(pool: Tenant, stray: Pet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execution, "MAX_SECONDS", -1.0)
    error = Graph().error("{ pets { id } }")
    problem = error["extensions"]["problem"]
    assert (problem["status"], problem["detail"]) == (503, "The operation takes too long; ask for less")


def test_documents_are_kept_within_bounds_and_none_with_a_card_number(db: None) -> None:
    store, document = DocumentStore(), read_document("{ __typename }")
    for number in range(MAX_KEPT + 10):
        store.keep_document(f"{{ __typename }} # {number}", document)
    assert store.count_documents() == MAX_KEPT
    assert store.find_document("{ __typename } # 9") is None
    store.keep_document("x" * MAX_KEPT_DOCUMENT, document)
    store.keep_document("x" * (MAX_KEPT_DOCUMENT + 1), document)
    store.keep_document(f"# {CARD}", document)
    assert store.find_document("x" * MAX_KEPT_DOCUMENT) is document
    assert store.find_document("x" * (MAX_KEPT_DOCUMENT + 1)) is None
    assert store.find_document(f"# {CARD}") is None


def test_a_refused_document_is_not_kept(db: None) -> None:
    before = documents.count_documents()
    for text in ("{ nothing }", "{", BOMBS["aliases"]):
        with pytest.raises(OperationRefused):
            read_document(text)
    assert documents.count_documents() == before


def test_the_most_errors_of_an_execution_are_those_of_its_fields(alice: User) -> None:
    fields = " ".join(f'a{number}: pet(id: "x") {{ id }}' for number in range(limits.MAX_ROOT_FIELDS))
    assert len(Graph.of(alice).result(f"{{ {fields} }}")["errors"]) == limits.MAX_ROOT_FIELDS
