#!/usr/bin/env python3
"""Opens a report in headless Chromium as on a phone and on a desk, in light and in dark, and takes pictures.

    python3 -m venv /tmp/browser && /tmp/browser/bin/pip install playwright      # and a Chromium, apt install chromium
    /tmp/browser/bin/python scripts/screenshots.py results/quick/report.html /tmp/pictures

Fails (exit code 1) when the page logs an error, asks for anything but itself, is wider than the window, or when its
tables do not sort. CHROMIUM names the browser if it is not called chromium.
"""

import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

SIZES = {"phone": (390, 844), "desk": (1280, 900)}


def sorts(page):
    """Whether a click on a header of numbers puts the rows of the first sortable table in order."""
    return page.evaluate(
        """() => {
            const table = document.querySelector("table.sortable");
            if (!table) return "no table to sort";
            const cells = [...table.tBodies[0].rows[0].cells];
            const column = cells.findIndex((cell) => cell.dataset.v !== undefined);
            if (column < 0) return "";
            table.tHead.rows[0].cells[column].querySelector("button").click();
            const keys = [...table.tBodies[0].rows].map((row) => row.cells[column].dataset.v)
                .filter((key) => key !== undefined).map(Number);
            return keys.every((key, at) => at === 0 || keys[at - 1] <= key) ? "" : "a table does not sort";
        }"""
    )


def look(browser, report, out, name, size, scheme):
    problems = []
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
    page = context.new_page()
    page.on("console", lambda m: m.type in ("error", "warning") and problems.append(f"console: {m.text}"))
    page.on("pageerror", lambda error: problems.append(f"script: {error}"))
    page.on("request", lambda r: r.url != report.as_uri() and not r.url.startswith("data:") and problems.append(f"asks for {r.url}"))
    page.goto(report.as_uri())
    width = page.evaluate("document.documentElement.scrollWidth")
    if width > size[0]:
        problems.append(f"{width} pixels wide in a window of {size[0]}")
    page.screenshot(path=out / f"{report.parent.name}-{name}-{scheme}.png", full_page=True)
    found = sorts(page)
    if found:
        problems.append(found)
    context.close()
    return [f"{report} ({name}, {scheme}): {problem}" for problem in problems]


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    *reports, out = [Path(argument).resolve() for argument in sys.argv[1:]]
    out.mkdir(parents=True, exist_ok=True)
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    problems = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for report in reports:
            for name, size in SIZES.items():
                for scheme in ("light", "dark"):
                    problems += look(browser, report, out, name, size, scheme)
        browser.close()
    print("\n".join(problems) or f"{len(reports)} pages are good; pictures are in {out}")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
