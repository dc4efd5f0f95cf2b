"""Refusals: what a user can meet, said in both languages."""

from __future__ import annotations


class Refused(Exception):
    """An act that the rules do not allow, with its reason and remedy.

    `zh` and `en` are whole sentences for the person who asked; `code` is a stable
    word for programs. Subclasses are named after the fact and live beside the code
    that raises them. Every door shows the same words: a page on the form, the API
    as 409, an import beside the row.
    """

    code = "refused"

    def __init__(self, zh: str, en: str, *, code: str | None = None) -> None:
        super().__init__(zh)
        self.zh = zh
        self.en = en
        if code is not None:
            self.code = code
