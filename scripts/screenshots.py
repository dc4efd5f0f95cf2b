"""Draw the pictures of docs/pictures/ from a synthetic nation of their own.

    .venv/bin/python scripts/screenshots.py

The nation is made in a temporary folder and goes again afterwards. A browser is needed
(`make test` installs it on Debian).
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.sites import chromium  # noqa: E402

PICTURES = ROOT / "docs" / "pictures"
MOST_BYTES = 150_000
PAPER = {"name": "材料.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 invented"}


@contextlib.contextmanager
def nation(var: Path) -> Iterator[str]:
    """Start a registry with a synthetic nation and yield its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = var / "run.log"
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "xueji.config.command", "run", "--port", str(port)],
            cwd=ROOT,
            env=os.environ | {"XUEJI_VAR": str(var)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        while "Ctrl-C" not in log.read_text(encoding="utf-8"):
            if process.poll() is not None:
                raise SystemExit(log.read_text(encoding="utf-8"))
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


class Desk:
    """The window of one account, and how its pictures are taken."""

    def __init__(
        self, browser: Browser, address: str, account: dict[str, str], *, phone: bool = False
    ) -> None:
        size = (390, 780) if phone else (1200, 800)
        context = browser.new_context(
            base_url=address,
            viewport={"width": size[0], "height": size[1]},
            device_scale_factor=2 if phone else 1,
            locale="zh-CN",
            reduced_motion="reduce",
        )
        self.page: Page = context.new_page()
        self.page.goto("/sign-in")
        self.page.locator("[name=username]").fill(account["username"])
        self.page.locator("[name=password]").fill(account["password"])
        self.press("登录")

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).first.click()

    def follow(self, name: str) -> None:
        self.page.get_by_role("link", name=name).first.click()

    def picture(self, name: str, *, height: int = 0) -> None:
        size = self.page.viewport_size
        if height and size:
            self.page.set_viewport_size({"width": size["width"], "height": height})
        self.page.wait_for_load_state("networkidle")
        save(name, self.page.screenshot())
        if size:
            self.page.set_viewport_size(size)


def save(name: str, png: bytes) -> None:
    """Write a picture with few colours; one that is too large is refused."""
    content = with_palette(png)
    if len(content) > MOST_BYTES:
        raise SystemExit(f"{name}.png has {len(content):,} bytes, more than {MOST_BYTES:,}")
    (PICTURES / f"{name}.png").write_bytes(content)
    print(f"{name}.png {len(content):,}")


def draw(browser: Browser, address: str, var: Path) -> None:
    """Live a September afternoon and take its pictures."""
    note = json.loads((var / "demo.json").read_text(encoding="utf-8"))
    accounts = {one["username"]: one for one in note["accounts"]}
    named = {name[0]: one for name, one in reversed(accounts.items())}
    officer_name = next(name for name in accounts if name.startswith("o"))
    registrar = Desk(browser, address, named["r"])
    officer = Desk(browser, address, accounts[officer_name])

    registrar.page.goto("/rosters/new")
    registrar.picture("upload")
    registrar.page.locator("input[type=file]").set_input_files(note["roster"])
    registrar.press("上传并检查")
    registrar.page.locator("#findings").wait_for()
    registrar.picture("findings")

    officer.page.goto("/")
    officer.picture("inbox")
    officer.page.locator("[data-row] a").first.click()
    officer.page.locator("input[name=except]").nth(2).check()
    officer.page.locator("#reason").select_option(label="未到校报到")
    officer.picture("approval", height=1150)
    officer.page.goto("/pupils/?q=ouyang")
    if officer.page.locator("[data-row]").count() < 5:
        officer.page.goto("/pupils/?q=wang")
    officer.picture("pupils")
    officer.page.goto("/organisations/")
    officer.picture("organisations")

    problem(registrar, officer)
    registrar.page.goto("/pupils/")
    registrar.page.locator("[data-row] a").nth(3).click()
    registrar.follow("调整班级")
    registrar.page.locator("input[type=radio]:not(:checked)").first.check()
    registrar.press("调入")
    registrar.page.reload()
    registrar.picture("pupil", height=1100)

    changes(registrar, officer)
    track(browser, address, registrar)
    promotion(browser, address, accounts, officer)
    phone = Desk(browser, address, accounts[officer_name], phone=True)
    phone.picture("phone")


def changes(registrar: Desk, officer: Desk) -> None:
    """Look ahead at a suspension, and open a transfer that is under way."""
    page = registrar.page
    page.goto("/pupils/")
    page.locator("[data-row] a").nth(8).click()
    registrar.follow("办理学籍变动")
    registrar.press("休学")
    page.locator("[name=reason]").select_option("10")
    page.locator("[name=since]").fill("2026-12-01")
    page.locator("[name=until]").fill("2027-06-30")
    if not page.get_by_text("经过的环节").count():
        registrar.press("核对")
        page.locator("#papers summary", has_text="上传材料").wait_for()
        page.locator("input[type=file]").set_input_files(PAPER)  # type: ignore[arg-type]
        registrar.press("上传")
        page.get_by_text("经过的环节").wait_for()
    page.evaluate("scrollTo(0, 0)")
    registrar.picture("preflight", height=1000)
    officer.page.goto("/")
    officer.page.locator("[data-row]", has_text="转学").locator("a").first.click()
    officer.picture("transfer", height=1150)


def track(browser: Browser, address: str, registrar: Desk) -> None:
    """Follow a transfer as its family does."""
    page = registrar.page
    page.goto("/changes/?tab=filed")
    page.locator("[data-row]", has_text="转学").locator("a").first.click()
    slip = page.locator("a[href$=slip]").first.get_attribute("href")
    page.goto(str(slip))
    code = page.locator(".slip dd.full").first.inner_text()
    family = browser.new_context(
        base_url=address, viewport={"width": 390, "height": 780}, device_scale_factor=2, locale="zh-CN"
    ).new_page()
    family.goto("/track")
    family.locator("[name=code]").fill(code)
    family.get_by_role("button", name="查询", exact=True).click()
    family.wait_for_load_state("networkidle")
    save("track", family.screenshot())


def promotion(browser: Browser, address: str, accounts: dict[str, dict[str, str]], officer: Desk) -> None:
    """Plan a promotion and look at it as the county does; read a province's rules."""
    ministry = Desk(browser, address, accounts["o000000"])
    ministry.page.goto("/promotions/")
    ministry.press("制定计划")
    ministry.page.wait_for_load_state("networkidle")
    officer.page.goto(ministry.page.url)
    officer.picture("promotion")
    officer.page.goto("/packs/51/")
    officer.picture("packs")


def problem(registrar: Desk, officer: Desk) -> None:
    """Answer the problem record that the nation begins with, and take the pictures of both sides."""
    page = registrar.page
    page.goto("/problems/")
    page.locator("[data-row] a").first.click()
    registrar.follow("学生在校，信息无误")
    page.goto(page.url.partition("#")[0])
    registrar.picture("problem", height=1100)
    for kind in ("attendance", "identity"):
        page.locator("[name=kind]").select_option(kind)
        page.locator("input[type=file]").set_input_files(PAPER)  # type: ignore[arg-type]
        registrar.press("上传")
        page.get_by_text("材料已收到").wait_for()
    page.locator("[name=statement]").fill("户口簿原件已核对，学生每天到校。")
    registrar.press("提交说明")
    page.get_by_text("本校的说明").wait_for()
    officer.page.goto("/problems/?tab=open")
    officer.page.locator("[data-row] a").first.click()
    officer.picture("desk", height=1100)


# Small files: a palette of the most frequent colours is enough for pages.


def with_palette(png: bytes) -> bytes:
    """Return an 8-bit RGB or RGBA picture as a PNG with at most 256 colours."""
    width, height, channels, raw = unpacked(png)
    pixels = [raw[at : at + 3] for at in range(0, len(raw), channels)]
    counted = Counter(pixels)
    palette = [colour for colour, _ in counted.most_common(256)]
    index = {colour: at for at, colour in enumerate(palette)}
    for colour in counted:
        if colour not in index:
            index[colour] = min(
                range(len(palette)),
                key=lambda at: sum((a - b) ** 2 for a, b in zip(palette[at], colour, strict=True)),
            )
    line = bytes(index[pixel] for pixel in pixels)
    body = b"".join(b"\0" + line[row * width : (row + 1) * width] for row in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        chunk(kind, content)
        for kind, content in (
            (b"IHDR", head),
            (b"PLTE", b"".join(palette)),
            (b"IDAT", zlib.compress(body, 9)),
            (b"IEND", b""),
        )
    )


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def unpacked(png: bytes) -> tuple[int, int, int, bytes]:
    """Return width, height, channels and the pixels of a PNG as a browser writes it (8 bits, not interlaced)."""
    at, data, width, height, channels = 8, b"", 0, 0, 3
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        kind, content = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            width, height, _, colour = struct.unpack_from(">IIBB", content)
            channels = {2: 3, 6: 4}[colour]
        if kind == b"IDAT":
            data += content
        at += length + 12
    stream, stride = zlib.decompress(data), width * channels
    above, rows = bytearray(stride), []
    for row in range(height):
        start = row * (stride + 1)
        above = unfiltered(stream[start], bytearray(stream[start + 1 : start + 1 + stride]), above, channels)
        rows.append(bytes(above))
    return width, height, channels, b"".join(rows)


def unfiltered(kind: int, line: bytearray, above: bytearray, step: int) -> bytearray:
    """Undo the filter of one line. Source: PNG specification, 9.2."""
    for at in range(len(line)):
        left = line[at - step] if at >= step else 0
        if kind == 1:
            line[at] = (line[at] + left) & 255
        elif kind == 2:
            line[at] = (line[at] + above[at]) & 255
        elif kind == 3:
            line[at] = (line[at] + (left + above[at]) // 2) & 255
        elif kind == 4:
            corner = above[at - step] if at >= step else 0
            guess = left + above[at] - corner
            by = (abs(guess - left), abs(guess - above[at]), abs(guess - corner))
            line[at] = (line[at] + (left, above[at], corner)[by.index(min(by))]) & 255
    return line


def main() -> None:
    path = chromium()
    if path is None:
        raise SystemExit("没有 chromium。 There is no chromium (Debian: sudo apt install chromium).")
    PICTURES.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        nation(Path(folder)) as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        draw(browser, address, Path(folder))
        browser.close()


if __name__ == "__main__":
    main()
