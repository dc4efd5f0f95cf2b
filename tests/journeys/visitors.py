"""Somebody at a browser: signs in, reads, presses, and notes what goes wrong on the way."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

from tests.factories import PASSWORD
from xueji.config.environment import REPOSITORY

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
# A page that answers a form with a refusal has a status that the browser's console mentions.
REFUSED_PAGE = re.compile(r"Failed to load resource: the server responded with a status of 4(03|04|09|22)")
AXE = REPOSITORY / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
NOTE_VIOLATIONS = """
document.addEventListener("securitypolicyviolation",
    (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
"""


class Visitor:
    """A browser window of one's own. `faults` are errors of the console and of scripts, which nobody should meet."""

    def __init__(
        self, browser: Browser, site: str, *, javascript: bool = True, size: dict[str, int] | None = None
    ) -> None:
        self.faults: list[str] = []
        self.context = browser.new_context(
            base_url=site,
            java_script_enabled=javascript,
            viewport=size or DESKTOP,  # type: ignore[arg-type]
            locale="zh-CN",
            reduced_motion="reduce",
        )
        self.context.add_init_script(NOTE_VIOLATIONS)
        self.page: Page = self.context.new_page()
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))

    def _note(self, message: ConsoleMessage) -> None:
        at = message.location.get("url", "")
        is_refusal = REFUSED_PAGE.match(message.text) and "/static/" not in at
        if message.type in ("error", "warning") and not is_refusal:
            self.faults.append(f"{message.text} ({at})")

    def sign_in(self, username: str, password: str = PASSWORD) -> Visitor:
        self.page.goto("/sign-in")
        self.page.get_by_label("用户名").fill(username)
        self.page.get_by_label("密码").fill(password)
        self.press("登录")
        # A key that is pressed before the next page stands is lost with the one before.
        self.page.wait_for_load_state("networkidle")
        return self

    def go(self, address: str) -> Visitor:
        answer = self.page.goto(address)
        assert answer is not None
        assert answer.status < 500, f"{address}: {answer.status}"
        return self

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).first.click()

    def confirm(self) -> None:
        """Say yes to the question that a button asks first, and wait for the page that answers."""
        # The form leaves when the dialog has closed, which is after the click.
        with self.page.expect_navigation():
            self.page.locator("[data-yes]").click()

    def follow(self, name: str) -> None:
        self.page.get_by_role("link", name=name, exact=True).first.click()

    def sees(self, *words: str) -> None:
        """Wait until the page says all of it."""
        for one in words:
            expect(self.page.locator("main")).to_contain_text(one)

    def misses(self, *words: str) -> None:
        for one in words:
            expect(self.page.locator("main")).not_to_contain_text(one)

    def row(self, words: str) -> Locator:
        """Return the line of a list that holds these words."""
        return self.page.locator("[data-row]").filter(has_text=words)

    def upload(self, *, name: str, content: bytes) -> None:
        self.page.locator("input[type=file]").set_input_files(
            {"name": name, "mimeType": "application/octet-stream", "buffer": content}
        )

    def download(self, link: str) -> bytes:
        with self.page.expect_download() as found:
            self.follow(link)
        return Path(found.value.path()).read_bytes()

    def is_too_wide(self) -> bool:
        """Return whether one has to scroll sideways."""
        return bool(self.page.evaluate("document.scrollingElement.scrollWidth > innerWidth"))

    def inline_scripts(self) -> list[str]:
        """Return scripts, handlers and styles that stand in the page itself."""
        return self.page.evaluate(
            """() => [...document.querySelectorAll("script:not([src]), style, [style], [onclick], [onload]")]
                .map((element) => element.outerHTML.slice(0, 120))"""
        )

    def barriers(self, *, dark: bool = False) -> list[str]:
        """Return what keeps some people from using the page, by the rules of WCAG 2.2 AA; in the dark, contrast."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE.read_text(encoding="utf-8"))
        options: dict[str, Any] = {"resultTypes": ["violations"]}
        options["runOnly"] = ["color-contrast"] if dark else {"type": "tag", "values": RULES}
        if dark:
            self.page.evaluate("document.documentElement.dataset.bsTheme = 'dark'")
        found = self.page.evaluate("(options) => axe.run(document, options)", options)
        if dark:
            self.page.evaluate("delete document.documentElement.dataset.bsTheme")
        return [
            f"{one['id']}: {node['html'][:160]} {node['failureSummary'].splitlines()[1:2]}"
            for one in found["violations"]
            for node in one["nodes"]
        ]
