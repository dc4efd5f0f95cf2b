"""`xueji promote`: what a promotion would do (--dry-run), or run one that was started, from where it stopped."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from xueji.access.scope import national
from xueji.status.actions import promotion
from xueji.status.models import Campaign
from xueji.status.rules.promotion import CampaignState, Weight, needs_word


class Command(BaseCommand):
    help = "升级：试算或继续执行。 Promotion: dry run, or run what was started."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--school-year", type=int, required=True, help="the calendar year in which it begins"
        )
        parser.add_argument("--place", type=int, default=0, help="place of the authority; 0 the nation")
        parser.add_argument("--dry-run", action="store_true", help="write nothing, print what does not fit")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        answer = (
            self.foreseen(options["place"], options["school_year"])
            if options["dry_run"]
            else self.run(options["place"], options["school_year"])
        )
        if options["json"]:
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
            return
        for key, value in answer.items():
            if key != "differences":
                self.stdout.write(f"{key}: {value}")
        for line in answer.get("differences", ()):
            self.stdout.write(f"{line['place']} {line['school']}: {line['zh']} / {line['en']}")

    def foreseen(self, area: int, school_year: int) -> dict[str, Any]:
        """Return counts and every difference; writes nothing."""
        schools = pupils = doubtful = 0
        lines = []
        with national("status.promotion") as using:
            for school in promotion.foresee(area, school_year=school_year, using=using):
                schools += 1
                pupils += school.pupils
                doubtful += needs_word(school.found)
                lines += [
                    {
                        "place": school.place,
                        "school": school.name,
                        "code": one.code,
                        "zh": one.zh,
                        "en": one.en,
                    }
                    for one in school.found
                    if one.kind.weight is Weight.DOUBT
                ]
        return {"schools": schools, "pupils": pupils, "doubtful": doubtful, "differences": lines}

    def run(self, area: int, school_year: int) -> dict[str, Any]:
        """Run the started promotion of an area; return how many schools went up and how long it took."""
        running = Campaign.objects.filter(
            area=area, school_year=school_year, state__in=[CampaignState.RUNNING, CampaignState.DONE]
        )
        with national("status.promotion") as using:
            campaign = running.using(using).first()
        if campaign is None:
            raise CommandError(
                "没有已启动的升级；请先在“升级”页制定计划、确认学校并由主管领导启动。"
                " No promotion was started: plan it, have schools signed and started on the page first."
            )
        started = time.monotonic()
        schools = promotion.run(campaign.id)
        return {
            "campaign": str(campaign.id),
            "schools": schools,
            "seconds": round(time.monotonic() - started, 2),
        }
