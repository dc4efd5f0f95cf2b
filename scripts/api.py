"""Print the operations of the HTTP API as a document, from the description that the site itself gives."""

from __future__ import annotations

import os

import django
from tables import NOTICE, cell


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xueji.config.settings")
    django.setup()
    # Only a configured Django can read the rooms.
    from xueji.web.api import TAGS, api

    paths = api.get_openapi_schema()["paths"]
    print(f"{NOTICE}\n# 程序接口一览 · Operations of the HTTP API\n")
    print(
        "How to call it: [HTTP API](../api.md). 带 ● 的操作须带 `Idempotency-Key`。 ● needs an `Idempotency-Key`.\n"
        "Every operation can answer 401, 403 and 404 beside what is listed, but the one that is open to families."
    )
    for tag in TAGS:
        print(f"\n## {tag['description'].replace(' / ', ' · ')}\n")
        print("| | address | 内容 | what | answers |\n| --- | --- | --- | --- | --- |")
        for address, methods in paths.items():
            for method, one in methods.items():
                if tag["name"] not in one["tags"]:
                    continue
                zh, _, en = one["summary"].partition(" / ")
                mark = " ●" if "Idempotency-Key" in str(one["parameters"]) else ""
                told = " ".join(sorted({str(s) for s in one["responses"]} - {"401", "403", "404"}))
                shown = address.removeprefix("/api/v1")
                print(f"| {method.upper()}{mark} | `{shown}` | {cell(zh)} | {cell(en)} | {told} |")


if __name__ == "__main__":
    main()
