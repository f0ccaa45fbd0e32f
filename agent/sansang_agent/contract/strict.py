"""Walks YAML nodes beside a msgspec type, so that each mistake keeps its line and dotted key.

What a plain scalar means is decided by the type, in scalars.py.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import yaml
from msgspec import inspect

from .mistake import wrong
from .scalars import closest, described, guess, scalar

Rule = Callable[[type, Mapping[str, Any]], Iterable[tuple[str, str]]]
"""Given a struct type and its well-formed fields, the (key inside it, message) pairs of what is wrong.

A field that is missing or malformed is not among the fields; a malformed item of a list is :data:`INVALID`.
"""

Reader = Callable[[yaml.Node, Any, str], Any]

INVALID: Any = object()
"""Stands for a value whose mistake has been noted."""


class Walk:
    """One reading of one file; ``found`` gathers (line, key, message)."""

    def __init__(self, rule: Rule | None = None) -> None:
        self.found: list[tuple[int, str, str]] = []
        self._rule = rule

    def read(self, node: yaml.Node, type_: type) -> Any:
        """The value ``node`` stands for, or :data:`INVALID`."""
        return self._value(node, inspect.type_info(type_), "")

    def _note(self, node: yaml.Node, key: str, message: str) -> Any:
        self.found.append((node.start_mark.line + 1, key, message))
        return INVALID

    def _value(self, node: yaml.Node, wanted: inspect.Type, key: str) -> Any:
        if isinstance(wanted, inspect.Metadata):
            return self._described(node, wanted, key)
        readers: dict[type[inspect.Type], Reader] = {
            inspect.UnionType: self._union,
            inspect.StructType: self._struct,
            inspect.ListType: self._items,
            inspect.VarTupleType: self._items,
            inspect.TupleType: self._fixed,
            inspect.DictType: self._dict,
        }
        reader: Reader = readers.get(type(wanted)) or self._scalar
        return reader(node, wanted, key)

    def _described(self, node: yaml.Node, wanted: inspect.Metadata, key: str) -> Any:
        """A type with a description of its own: where it has a pattern, people are told in these words."""
        words = (wanted.extra_json_schema or {}).get("description")
        if words and isinstance(wanted.type, inspect.StrType) and isinstance(node, yaml.ScalarNode):
            pattern = wanted.type.pattern
            if pattern is not None and not _is_null(node) and not re.search(pattern, node.value):
                return self._note(node, key, wrong("'{value}' is not {wanted}", value=node.value, wanted=wrong(words)))
        return self._value(node, wanted.type, key)

    def _union(self, node: yaml.Node, wanted: inspect.UnionType, key: str) -> Any:
        choices = [member for member in wanted.types if not isinstance(member, inspect.NoneType)]
        if wanted.includes_none and _is_null(node):
            return None
        if len(choices) == 1:
            return self._value(node, choices[0], key)
        structs = {str(member.tag): member for member in choices if isinstance(member, inspect.StructType)}
        if len(structs) == len(choices):
            return self._tagged(node, structs, key)
        raise TypeError(f"settings have no way to write {wanted}")

    def _tagged(self, node: yaml.Node, structs: dict[str, inspect.StructType], key: str) -> Any:
        if not isinstance(node, yaml.MappingNode):
            return self._note(node, key, wrong("must be a group of keys"))
        structs = {tag: member for tag, member in structs.items() if getattr(member.cls, "WRITTEN", True)}
        field = next(iter(structs.values())).tag_field or "type"
        tag = next((value for name, value in node.value if name.value == field), None)
        names = ", ".join(sorted(structs))
        if tag is None:
            return self._note(
                node, _join(key, field), wrong("missing key '{key}' (one of {names})", key=field, names=names)
            )
        if not isinstance(tag, yaml.ScalarNode) or tag.value not in structs:
            said = str(tag.value) if isinstance(tag, yaml.ScalarNode) else "a group"
            return self._note(
                tag, _join(key, field), wrong("must be one of {names}{guess}", names=names, guess=guess(said, structs))
            )
        return self._struct(node, structs[tag.value], key)

    def _struct(self, node: yaml.Node, wanted: inspect.StructType, key: str) -> Any:
        if not isinstance(node, yaml.MappingNode):
            return self._note(node, key, wrong("must be a group of keys"))
        fields = {field.encode_name: field for field in wanted.fields}
        known = [*fields, wanted.tag_field] if wanted.tag_field else [*fields]
        parts: dict[str, Any] = {}
        nodes: dict[str, yaml.Node] = {}
        meant: set[str | None] = set()
        before = len(self.found)
        for name, child in self._pairs(node, key):
            where = _join(key, name.value)
            if name.value in fields:
                nodes[name.value] = child
                parts[fields[name.value].name] = self._value(child, fields[name.value].type, where)
            elif name.value not in known:
                meant.add(closest(name.value, known))
                self._note(
                    name, where, wrong("unknown key '{key}'{guess}", key=name.value, guess=guess(name.value, known))
                )
        for field in wanted.fields:
            if field.required and field.encode_name not in nodes.keys() | meant:
                self._note(node, _join(key, field.encode_name), wrong("missing key '{key}'", key=field.encode_name))
        self._judge(node, nodes, wanted.cls, parts, key)
        return wanted.cls(**parts) if len(self.found) == before else INVALID

    def _judge(self, node: yaml.Node, nodes: dict[str, yaml.Node], cls: type, parts: dict[str, Any], key: str) -> None:
        """Let the rule say what is wrong beyond types, at the line of the key it names."""
        if self._rule is None:
            return
        well_formed = {name: value for name, value in parts.items() if value is not INVALID}
        for inner, message in self._rule(cls, well_formed):
            self._note(_find(nodes, inner) or node, _join(key, inner), message)

    def _pairs(self, node: yaml.MappingNode, key: str) -> Iterable[tuple[yaml.ScalarNode, yaml.Node]]:
        """Keys and values; a key given twice or no text at all is a mistake."""
        lines: dict[str, int] = {}
        for name, child in node.value:
            if not isinstance(name, yaml.ScalarNode):
                self._note(name, key, wrong("a key must be text"))
            elif name.value in lines:
                first = lines[name.value]
                self._note(
                    name,
                    _join(key, name.value),
                    wrong("duplicate key '{key}' (first on line {line})", key=name.value, line=first),
                )
            else:
                lines[name.value] = name.start_mark.line + 1
                yield name, child

    def _items(self, node: yaml.Node, wanted: inspect.ListType | inspect.VarTupleType, key: str) -> Any:
        if not isinstance(node, yaml.SequenceNode):
            return self._note(node, key, wrong("must be a list"))
        items = [self._value(child, wanted.item_type, f"{key}[{n}]") for n, child in enumerate(node.value)]
        self._length(node, len(items), wanted, key)
        return tuple(items) if isinstance(wanted, inspect.VarTupleType) else items

    def _fixed(self, node: yaml.Node, wanted: inspect.TupleType, key: str) -> Any:
        if not isinstance(node, yaml.SequenceNode) or len(node.value) != len(wanted.item_types):
            return self._note(node, key, wrong("must be a list of {count}", count=len(wanted.item_types)))
        pairs = enumerate(zip(node.value, wanted.item_types, strict=True))
        return tuple(self._value(child, type_, f"{key}[{n}]") for n, (child, type_) in pairs)

    def _dict(self, node: yaml.Node, wanted: inspect.DictType, key: str) -> Any:
        if not isinstance(node, yaml.MappingNode):
            return self._note(node, key, wrong("must be a group of keys"))
        return {
            self._value(name, wanted.key_type, _join(key, name.value)): self._value(
                child, wanted.value_type, _join(key, name.value)
            )
            for name, child in self._pairs(node, key)
        }

    def _length(self, node: yaml.Node, length: int, wanted: Any, key: str) -> None:
        if wanted.min_length is not None and length < wanted.min_length:
            self._note(node, key, wrong("must have at least {count}", count=wanted.min_length))
        if wanted.max_length is not None and length > wanted.max_length:
            self._note(node, key, wrong("must have at most {count}", count=wanted.max_length))

    def _scalar(self, node: yaml.Node, wanted: inspect.Type, key: str) -> Any:
        if not isinstance(node, yaml.ScalarNode):
            return self._note(node, key, wrong("must be {wanted}, not a list or group", wanted=described(wanted)))
        if "/" in node.tag or not node.tag.startswith("tag:yaml.org,2002:"):
            return self._note(node, key, wrong("tags such as {tag} are not used here", tag=node.tag))
        if _is_null(node) and not isinstance(wanted, inspect.NoneType | inspect.AnyType):
            return self._note(node, key, wrong("is empty; give a value or leave the key out"))
        try:
            return scalar(node.value, node.style is None, wanted)
        except ValueError as exc:
            return self._note(node, key, exc.args[0])


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.style is None and node.value in ("", "~", "null", "Null", "NULL")


def _join(key: str, inner: str) -> str:
    return f"{key}.{inner}" if key and inner and not inner.startswith("[") else key + inner


def _find(nodes: Mapping[str, yaml.Node], key: str) -> yaml.Node | None:
    """The node of ``key`` (such as ``checks[3].id``) below a mapping's nodes; the nearest one that exists."""
    steps = re.findall(r"[^.\[\]]+", key)
    node = nodes.get(steps[0]) if steps else None
    for step in steps[1:]:
        if isinstance(node, yaml.SequenceNode) and step.isdigit() and int(step) < len(node.value):
            node = node.value[int(step)]
        elif isinstance(node, yaml.MappingNode):
            node = next((child for name, child in node.value if name.value == step), node)
    return node
