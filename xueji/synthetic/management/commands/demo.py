"""`xueji demo --students N --seed S`: the synthetic nation, into an empty registry."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.utils import timezone

from xueji.synthetic.actions import SEED, STUDENTS, Loaded, load_nation

WORDS = {
    "counties": ("县级区划", "counties"),
    "schools": ("学校", "schools"),
    "classes": ("班级", "classes"),
    "pupils": ("学生", "pupils"),
    "primary": ("小学", "primary"),
    "junior": ("初中", "junior secondary"),
    "senior": ("高中", "senior secondary"),
    "with_siblings": ("有兄弟姐妹在读", "with a brother or sister at school"),
    "twins": ("双胞胎", "twins"),
    "migrants": ("外县户籍", "registered in another county"),
    "minorities": ("少数民族", "of minority peoples"),
    "left_behind": ("留守儿童", "left behind by working parents"),
    "boarders": ("住校", "boarders"),
    "overseas": ("港澳台侨外", "from Hong Kong, Macao, Taiwan and abroad"),
    "without_number": ("无证件号", "without a document number"),
}


class Command(BaseCommand):
    help = "生成虚构的学籍数据（仅限空系统）。 Draw the synthetic nation into an empty registry."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--students", type=int, default=STUDENTS, help="number of pupils")
        parser.add_argument("--seed", type=int, default=SEED, help="the same seed draws the same nation")
        parser.add_argument("--processes", type=int, help="processes that draw a large nation; one per core")

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        call_command("migrate", database="owner", verbosity=0, interactive=False)
        loaded = load_nation(
            students=options["students"],
            seed=options["seed"],
            today=timezone.localdate(),
            processes=options["processes"],
            say=self.stderr.write,
        )
        self.tell(loaded, time.monotonic() - started)

    def tell(self, loaded: Loaded, seconds: float) -> None:
        """Print what was written and where to begin."""
        pupils = loaded.nation.students
        self.stdout.write(
            f"虚构数据已生成，用时 {seconds:.1f} 秒（每秒 {pupils / seconds:,.0f} 名学生）。"
            f" Synthetic data, written in {seconds:.1f} s ({pupils / seconds:,.0f} pupils/s)."
        )
        for name, (zh, en) in WORDS.items():
            self.stdout.write(f"  {loaded.counts.get(name, 0):>12,}  {zh} {en}")
        for account in loaded.accounts:
            self.stdout.write(
                f"  {account['username']:<14} {account['password']:<18} {account['role']} {account['office']}"
            )
        if loaded.roster is not None:
            self.stdout.write(
                f"试用名册（由第一个账号上传）：{loaded.roster}\n"
                f"A roster to try out, for the first account to upload: {loaded.roster}"
            )
