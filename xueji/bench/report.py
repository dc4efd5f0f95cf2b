"""The result of a measurement as a table to read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Promise:
    """One number and the limit it has to keep: at least, or at most."""

    words: str
    keys: tuple[str, ...]
    limit: float
    is_least: bool = False
    unit: str = ""

    def value(self, result: dict[str, Any]) -> float | None:
        found: Any = result
        for key in self.keys:
            if not isinstance(found, dict) or key not in found:
                return None
            found = found[key]
        return float(found)

    def is_kept(self, value: float) -> bool:
        return value >= self.limit if self.is_least else value <= self.limit


PROMISES = (
    Promise("端到端 / COPY，71 列 end to end / COPY, 71 columns", ("ratio_end_to_end",), 0.3, is_least=True),
    Promise(
        "端到端 / COPY，简表 end to end / COPY, short layout", ("ratio_end_to_end_short",), 0.3, is_least=True
    ),
    Promise("导入随规模变慢 import slower than into an empty registry", ("import_slowdown",), 1.3, unit="×"),
    Promise(
        "500 行：看到检查结果 500 rows: findings on the page", ("workbook", "findings_seconds"), 2, unit="s"
    ),
    Promise("500 行：导入 500 rows: import", ("workbook", "import_seconds"), 1, unit="s"),
    Promise("本校名单首页 first list page of a school, p95", ("pages", "list", "p95_ms"), 50, unit="ms"),
    Promise(
        "常见姓 search by a frequent surname, p95", ("pages", "search_frequent", "p95_ms"), 50, unit="ms"
    ),
    Promise("罕见姓 search by a rare surname, p95", ("pages", "search_rare", "p95_ms"), 50, unit="ms"),
    Promise("按证件号 look-up by number, p95", ("pages", "number", "p95_ms"), 50, unit="ms"),
    Promise("名单随规模变慢 list, growth of p95", ("pages", "list", "growth"), 1.2, unit="×"),
    Promise(
        "常见姓随规模变慢 frequent surname, growth", ("pages", "search_frequent", "growth"), 1.2, unit="×"
    ),
    Promise("罕见姓随规模变慢 rare surname, growth", ("pages", "search_rare", "growth"), 1.2, unit="×"),
    Promise("按证件号随规模变慢 number, growth", ("pages", "number", "growth"), 1.2, unit="×"),
    Promise("表单录入一人 one pupil through the form, p95", ("form", "p95_ms"), 80, unit="ms"),
    Promise("多人同时读名单 many readers", ("readers", "requests_per_second"), 80, is_least=True, unit="/s"),
    Promise("多人同时读名单：错误 many readers: errors", ("readers", "errors"), 0),
)


def lines(result: dict[str, Any]) -> Iterator[str]:
    """Yield the table: machine, promises, stages of the import, databases."""
    on = result["machine"]
    yield f"{result['date']}  {on['cores']} × {on['cpu']}, {on['memory_gb']} GB, {on['system']}"
    yield (
        f"PostgreSQL {on['postgresql']}, Python {on['python']}, {result['students']:,} 名学生 pupils,"
        f" 负载 load {result['load_average']['before']} → {result['load_average']['after']}"
    )
    yield ""
    for promise in PROMISES:
        value = promise.value(result)
        if value is None:
            continue
        sign, mark = ("≥" if promise.is_least else "≤"), ("✓" if promise.is_kept(value) else "✗")
        yield f"{mark} {value:>9,.2f} {promise.unit:<2} ({sign} {promise.limit:g})  {promise.words}"
    for students, layouts in result.get("imports", {}).items():
        yield ""
        yield f"导入 import, {int(students):,} 名学生 pupils already in"
        for layout, one in layouts.items():
            yield (
                f"  {layout}: {one['rows']:,} 行 rows, {one['seconds']:.2f} s = {one['rows_per_second']:,}/s;"
                f" COPY {one['raw_seconds']:.2f} s = {one['raw_rows_per_second']:,}/s; {one['ratio']:.2f}"
                f"; 内存 memory {one['peak_memory_mb']} + {one['reader_memory_mb']} MB"
            )
            yield "    " + "  ".join(f"{stage} {seconds:.2f}" for stage, seconds in one["stages"].items())
    if "workbook" in result:
        yield ""
        acts = result["workbook"]["acts"]
        yield "工作簿 workbook: " + "  ".join(f"{act} {seconds:.3f} s" for act, seconds in acts.items())
    measured = {**result.get("pages", {}), **({"form": result["form"]} if "form" in result else {})}
    if measured:
        yield ""
        yield f"{'':<18}{'p50':>8}{'p95':>8}{'p50':>10}{'p95':>8}   ms"
    for page, one in measured.items():
        before = one["compared_with"]
        yield (
            f"{page:<18}{one['p50_ms']:>8}{one['p95_ms']:>8}{before['p50_ms']:>10}{before['p95_ms']:>8}"
            f"   ({before['students']:,})  × {one['growth']}"
        )
    if "readers" in result:
        many = result["readers"]
        yield (
            f"{many['users']} 人同时 readers: {many['requests_per_second']}/s, p50 {many['p50_ms']} ms,"
            f" p95 {many['p95_ms']} ms, {many['errors']} 个错误 errors"
        )
    yield ""
    for one in result["databases"].values():
        yield (
            f"{one['students']:>12,} 名学生 pupils: {one['megabytes']:,} MB; 生成 drawn in {one['load_seconds']} s ="
            f" {one['students_per_second']:,}/s"
        )
