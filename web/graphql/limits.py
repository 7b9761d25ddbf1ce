"""How much one document may ask: how deep, how long, and how many terms at most it could be answered with.

Each named fragment is looked at once, so a document that spreads fragments in fragments costs no more to refuse than to
write. A page counts as long as it is asked for, every other list as `USUAL`: what there really is, `reading` counts.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
)
from graphql.validation import ValidationContext, ValidationRule
from strawberry.extensions import SchemaExtension

from models.reads.record.pages import LONGEST_PAGE, PAGE

DEEPEST = 20
MOST_COST = 50_000
MOST_TOKENS = 1_500
MOST_FIELDS = 120
"""Fields of the operation itself: each mutation is a transaction, each query a page."""
BEYOND = 10**9
"""No cost is told more exactly than that."""

USUAL = 5
"""How long a list is taken to be that is no page."""


@dataclass(frozen=True, slots=True)
class Weight:
    """What a selection asks at most."""

    depth: int = 0
    cost: int = 0

    def beside(self, other: "Weight") -> "Weight":
        """Both of them."""
        return Weight(max(self.depth, other.depth), self.cost + other.cost)


@dataclass
class Scales:
    """Weighs the selections of one document."""

    lists: frozenset[str]
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Mapping[str, Any]
    _known: dict[str, Weight] = field(default_factory=dict)

    def weigh(self, chosen: SelectionSetNode | None) -> Weight:
        """The weight of everything that is selected here."""
        total = Weight()
        for each in chosen.selections if chosen else ():
            match each:
                case FieldNode():
                    total = total.beside(self._field(each))
                case InlineFragmentNode():
                    total = total.beside(self.weigh(each.selection_set))
                case FragmentSpreadNode():
                    total = total.beside(self._fragment(each.name.value))
        return total

    def _field(self, node: FieldNode) -> Weight:
        if not node.selection_set:
            return Weight(1)
        inner = self.weigh(node.selection_set)
        times = self._page(node) or (USUAL if node.name.value in self.lists else 1)
        return Weight(inner.depth + 1, min(1 + times * (inner.cost + 1), BEYOND))

    def _fragment(self, name: str) -> Weight:
        if name not in self._known:
            self._known[name] = Weight()  # one that spreads itself is refused by another rule
            fragment = self.fragments.get(name)
            self._known[name] = self.weigh(fragment.selection_set if fragment else None)
        return self._known[name]

    def _page(self, node: FieldNode) -> int | None:
        """How long a page is asked for; None for what is no page."""
        if "nodes" not in (names := {each.name.value for each in self._inside(node)}) and "edges" not in names:
            return None
        given = {each.name.value: each.value for each in node.arguments or ()}
        return max((self._number(given[name]) for name in ("first", "last") if name in given), default=PAGE)

    def _inside(self, node: FieldNode) -> Iterator[FieldNode]:
        """The fields directly in a field, also those in fragments."""
        waiting, seen = [node.selection_set], set()
        while waiting:
            for each in chosen.selections if (chosen := waiting.pop()) else ():
                match each:
                    case FieldNode():
                        yield each
                    case InlineFragmentNode():
                        waiting.append(each.selection_set)
                    case FragmentSpreadNode() if each.name.value not in seen:
                        seen.add(each.name.value)
                        fragment = self.fragments.get(each.name.value)
                        waiting.append(fragment.selection_set if fragment else None)

    def _number(self, value: object) -> int:
        """A length that is given. One that is none, or too great, is refused when it is used."""
        if isinstance(value, VariableNode):
            number = self.variables.get(value.name.value, LONGEST_PAGE)
        else:
            number = int(value.value) if isinstance(value, IntValueNode) else PAGE
        return min(max(number, 1), LONGEST_PAGE) if isinstance(number, int) else PAGE


class Limits(SchemaExtension):
    """Refuses documents that ask too much, before anything is read."""

    def on_operation(self) -> Iterator[None]:
        """Have the document of this operation weighed together with its variables."""
        asked = self.execution_context
        asked.parse_options["max_tokens"] = MOST_TOKENS
        asked.validation_rules = (*asked.validation_rules, _rule(asked.variables or {}))
        yield


def _rule(variables: Mapping[str, Any]) -> type[ValidationRule]:
    class WithinLimits(ValidationRule):
        def enter_operation_definition(self, node: OperationDefinitionNode, *_: object) -> None:
            for words in _too_much(self.context, node, variables):
                self.report_error(GraphQLError(words, node, extensions={"code": "asks_too_much"}))

    return WithinLimits


def _too_much(context: ValidationContext, node: OperationDefinitionNode, variables: Mapping[str, Any]) -> Iterator[str]:
    definitions = context.document.definitions
    fragments = {each.name.value: each for each in definitions if isinstance(each, FragmentDefinitionNode)}
    weight = Scales(lists_of(context.schema), fragments, variables).weigh(node.selection_set)
    if weight.depth > DEEPEST:
        yield f"This is {weight.depth} levels deep; at most {DEEPEST} are answered."
    if weight.cost > MOST_COST:
        yield (
            f"This could be answered with {weight.cost} terms; at most {MOST_COST} may be asked for at once. "
            "Ask for shorter pages (`first`) or for fewer lists in lists."
        )
    if len(node.selection_set.selections) > MOST_FIELDS:
        yield f"At most {MOST_FIELDS} fields can be asked for at once."


def lists_of(schema: GraphQLSchema) -> frozenset[str]:
    """The names of the fields that are lists of terms, but for the pages of connections."""
    return frozenset(
        name
        for type_ in schema.type_map.values()
        if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__") and "pageInfo" not in type_.fields
        for name, each in type_.fields.items()
        if is_list_type(get_nullable_type(each.type)) and _has_fields(get_named_type(each.type))
    )


def _has_fields(type_: GraphQLNamedType) -> bool:
    return hasattr(type_, "fields") or hasattr(type_, "types")
