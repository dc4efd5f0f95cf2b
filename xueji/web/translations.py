"""Find every text of the screens and keep the English catalogue in step with them.

Chinese is the source: a msgid is the Chinese text. The catalogue holds no line numbers and
no paths, so that it changes only when a text does.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_python
from babel.messages.pofile import read_po, write_po
from django.template.base import Lexer, TokenType
from django.utils.translation.template import templatize

CATALOGUE = Path("locale/en/LC_MESSAGES/django.po")
# Ours instead of Babel's: without dates, which would change with every extraction.
HEADER = r"""# English translations of the screens of Xueji. The Chinese text is the source.
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\n"
"Content-Transfer-Encoding: 8bit\n"
"Language: en\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\n"
"""

# The functions that take a msgid: with a context first when named p…, with a plural when named n….
FUNCTIONS = (
    "_",
    "gettext",
    "gettext_lazy",
    "gettext_noop",
    "ngettext",
    "ngettext_lazy",
    "pgettext",
    "pgettext_lazy",
    "npgettext",
    "npgettext_lazy",
)

CHINESE = re.compile(r"[\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
PLACEHOLDER = re.compile(r"%\([A-Za-z_]\w*\)[a-z]|\{[A-Za-z_]\w*\}|%[sd]")


@dataclass(frozen=True, order=True)
class Message:
    """A text as the source asks for it. `plural` is empty when it does not depend on a number."""

    text: str
    plural: str = ""
    context: str = ""


def templates(root: Path) -> list[Path]:
    """Return every template of the rooms under `root`, sorted."""
    found = (
        path for suffix in ("html", "svg", "txt") for path in root.glob(f"xueji/*/templates/**/*.{suffix}")
    )
    return sorted(found)


def sources(root: Path) -> list[Path]:
    """Return every Python file of the rooms under `root`, sorted."""
    return sorted(root.glob("xueji/**/*.py"))


def messages_of(code: str) -> Iterator[Message]:
    """Return the messages that a piece of Python, or a template made Python by Django, asks for."""
    stream = io.BytesIO(code.encode())
    for _line, function, texts, _comments in extract_python(stream, dict.fromkeys(FUNCTIONS), [], {}):
        name = str(function)
        values = [str(text or "") for text in (texts if isinstance(texts, tuple) else [texts])]
        context = values.pop(0) if "pgettext" in name else ""
        plural = values[1] if name.startswith("n") and len(values) > 1 else ""
        if values and values[0]:
            yield Message(values[0], plural, context)


def template_messages(path: Path) -> Iterator[Message]:
    """Return the messages of one template."""
    return messages_of(templatize(path.read_text(encoding="utf-8"), origin=str(path)))


def messages(root: Path) -> list[Message]:
    """Return every message of the product once, sorted by text."""
    found: set[Message] = set()
    for path in templates(root):
        found.update(template_messages(path))
    for path in sources(root):
        found.update(messages_of(path.read_text(encoding="utf-8")))
    return sorted(found)


def untranslatable(path: Path) -> list[str]:
    """Return the pieces of Chinese in a template that no translation tag holds; none is right."""
    loose, inside = [], False
    for token in Lexer(path.read_text(encoding="utf-8")).tokenize():
        word = token.contents.split(" ", 1)[0] if token.token_type is TokenType.BLOCK else ""
        if word in ("blocktranslate", "blocktrans", "comment"):
            inside = True
        elif word in ("endblocktranslate", "endblocktrans", "endcomment"):
            inside = False
        elif inside or token.token_type is TokenType.COMMENT or word in ("translate", "trans"):
            continue
        elif CHINESE.search(re.sub(r"""_\((["']).*?\1\)""", "", token.contents)):
            loose.append(token.contents.strip())
    return loose


def placeholders(text: str) -> list[str]:
    """Return the placeholders of a text, sorted: both sides of a translation must have the same."""
    return sorted(PLACEHOLDER.findall(text))


def read(root: Path) -> Catalog:
    """Return the English catalogue as it is kept; an empty one when there is none yet."""
    path = root / CATALOGUE
    if not path.exists():
        return _empty()
    with path.open("rb") as source:
        return read_po(source, locale="en")


def _empty() -> Catalog:
    return Catalog(locale="en", fuzzy=False)


def updated(root: Path) -> Catalog:
    """Return a catalogue with exactly the messages of the product, translated as far as they were."""
    old, new = read(root), _empty()
    for message in messages(root):
        key = (message.text, message.plural) if message.plural else message.text
        before = old.get(message.text, message.context or None)
        kept = before.string if before else None
        if isinstance(kept, str) == bool(message.plural):
            kept = None  # it became a plural, or ceased to be one
        new.add(key, kept, context=message.context or None)
    return new


def write(root: Path, catalogue: Catalog) -> None:
    """Write the English catalogue, sorted, without anything that changes by itself."""
    path = root / CATALOGUE
    path.parent.mkdir(parents=True, exist_ok=True)
    text = io.BytesIO()
    write_po(text, catalogue, width=100, no_location=True, sort_output=True, omit_header=True)
    path.write_text(f"{HEADER}\n{text.getvalue().decode().strip()}\n", encoding="utf-8")


@dataclass(frozen=True)
class Fault:
    """What is wrong with one message of the catalogue."""

    text: str
    reason: str


def faults(root: Path) -> list[Fault]:
    """Return what keeps the English screens from being complete; an empty list is right."""
    catalogue, wanted = read(root), messages(root)
    asked = {(message.text, message.context) for message in wanted}
    known = {(_first(entry.id), entry.context or "") for entry in catalogue if entry.id}
    found = [Fault(text, "is asked for by no screen any more") for text, _ in sorted(known - asked)]
    for message in wanted:
        entry = catalogue.get(message.text, message.context or None)
        given = entry.string if entry else ""
        forms = [given] if isinstance(given, str) else list(given or ())
        if entry is None or entry.fuzzy or not all(forms) or (len(forms) < 2) == bool(message.plural):
            found.append(Fault(message.text, "has no English translation"))
        elif any(CHINESE.search(form) for form in forms):
            found.append(Fault(message.text, "has Chinese in its English translation"))
        elif any(placeholders(form) != placeholders(message.text) for form in forms):
            found.append(Fault(message.text, "has other placeholders in its English translation"))
    return found


def _first(forms: str | tuple[str, ...] | list[str]) -> str:
    return forms if isinstance(forms, str) else forms[0]
