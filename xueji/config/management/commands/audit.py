"""`xueji audit`: check the history, export it, and give out the public keys."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from xueji.audit import sealing
from xueji.audit.rules import logs
from xueji.audit.rules.roots import roots_in, text_of
from xueji.audit.rules.verification import Stretch, Verdict, stretches, verify
from xueji.audit.witnesses import add_witness
from xueji.config import keys
from xueji.lib.signing import PublicKey, dump_public, load_public

ALIAS = "national"


class Command(BaseCommand):
    help = (
        "核验、导出操作记录，输出封存公钥。 "
        "Check the history or an exported log; export it; print the public keys and the roots."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        check = acts.add_parser("verify", help="check an exported log, or with --live the database")
        check.add_argument("log", nargs="?", help="the exported log; - for standard input")
        check.add_argument("--live", action="store_true", help="check the database instead of a log")
        check.add_argument("--keys", help="file of the public keys (`xueji audit keys`)")
        check.add_argument("--witness", help="a witness's copy of the roots")
        check.add_argument(
            "--after", type=int, default=0, help="begin behind this block, known to the witness"
        )
        out = acts.add_parser("export", help="write sealed blocks with their events")
        out.add_argument("file", nargs="?", default="-", help="where to; - for standard output")
        out.add_argument("--after", type=int, default=0, help="begin behind this block")
        acts.add_parser("keys", help="print the public keys")
        roots = acts.add_parser("roots", help="print number and hash of each block: what a witness keeps")
        roots.add_argument("--after", type=int, default=0, help="begin behind this block")
        acts.add_parser("status", help="say how fresh the sealing is")
        accept = acts.add_parser("witness_add", help="accept co-signatures of a witness from now on")
        accept.add_argument("name", help="one word")
        accept.add_argument("keys", help="file of its public key")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, options["act"])(options)

    def verify(self, options: dict[str, Any]) -> None:
        if options["live"] == bool(options["log"]):
            raise CommandError(
                "给出日志文件，或用 --live 核验数据库。 Name a log, or check the database with --live."
            )
        public = self._public_keys(options["keys"])
        witnessed = roots_in(_read(options["witness"])) if options["witness"] else {}
        after = options["after"]
        before = None
        if after:
            if after not in witnessed:
                raise CommandError(
                    f"见证方副本中没有第 {after} 块。 The witness's copy does not have block {after}."
                )
            before = (after, witnessed[after])
        verdict = self._verdict(options, public, witnessed, before)
        sentence = (
            f"{verdict.blocks} 个封存块、{verdict.events} 条记录无误。"
            f" {verdict.blocks} blocks with {verdict.events} records are right."
        )
        if verdict.fault is None:
            self.stdout.write(f"{sentence}\n{verdict.last.hex()}")
            return
        self.stdout.write(sentence)
        self.stderr.write(str(verdict.fault))
        sys.exit(1)

    def _verdict(
        self,
        options: dict[str, Any],
        public: Mapping[int, PublicKey],
        witnessed: Mapping[int, bytes],
        before: tuple[int, bytes] | None,
    ) -> Verdict:
        if options["live"]:
            history: Iterator[Stretch] = sealing.history(using=ALIAS, after=options["after"])
            return verify(history, public, witnessed, before=before)
        if options["log"] == "-":
            return verify(stretches(logs.read(sys.stdin)), public, witnessed, before=before)
        try:
            with open(options["log"], encoding="utf-8", errors="surrogateescape", newline="\n") as lines:
                return verify(stretches(logs.read(lines)), public, witnessed, before=before)
        except OSError as error:
            raise CommandError(f"{options['log']}: {error.strerror}") from None

    def export(self, options: dict[str, Any]) -> None:
        out = sys.stdout if options["file"] == "-" else open(options["file"], "w", encoding="utf-8")  # noqa: SIM115 - closed below
        try:
            for block, entries in sealing.history(using=ALIAS, after=options["after"]):
                for item in (block, *entries):
                    if item is not None:
                        out.write(logs.line_of(item) + "\n")
        finally:
            if out is not sys.stdout:
                out.close()

    def keys(self, options: dict[str, Any]) -> None:
        ring = keys.sealing_keys(settings.VAR, create=not settings.PRODUCTION)
        self.stdout.write(dump_public(ring.public_keys), ending="")

    def roots(self, options: dict[str, Any]) -> None:
        after = options["after"]
        while found := sealing.blocks_after(after, using=ALIAS, limit=1000):
            self.stdout.write(text_of(found), ending="")
            after = found[-1].number

    def status(self, options: dict[str, Any]) -> None:
        fresh = sealing.freshness(ALIAS)
        last = sealing.last_block(ALIAS)
        self.stdout.write(
            f"封存块：{last.number if last else 0}；最早未封存的记录已等待 {fresh.seconds_waiting:.0f} 秒。\n"
            f"Blocks: {last.number if last else 0}; the oldest record not sealed has waited for"
            f" {fresh.seconds_waiting:.0f} s."
        )
        if fresh.is_stale:
            sys.exit(1)

    def witness_add(self, options: dict[str, Any]) -> None:
        public = load_public(_read(options["keys"]))
        add_witness(options["name"], public[max(public)], using="owner")
        self.stdout.write(f"已登记见证方 {options['name']}。 The witness {options['name']} is known now.")

    def _public_keys(self, path: str | None) -> dict[int, PublicKey]:
        text = _read(path) if path else _read(str(keys.path_of_sealing_keys(settings.VAR)))
        return load_public(text)


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from None
