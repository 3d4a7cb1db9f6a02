"""Charts as pictures for Word files, drawn with the bundled font so that every server draws them alike."""

import os
from collections.abc import Sequence
from importlib import import_module
from io import BytesIO
from pathlib import Path

from django.conf import settings
from django.utils.translation import pgettext

from findings.figures import Point

FONT = Path(__file__).parent / "fonts" / "wqy-microhei.ttc"
CLOSED, PLANNED = "#1f5fa8", "#8a8f98"


def closed_against_plan(points: Sequence[Point], known: int) -> bytes:
    """Measures closed and measures planned to be closed over time, as PNG; ``known`` points lie in the past."""
    # matplotlib takes a second and 60 MB to load: pages and workers that draw nothing must not pay for it.
    os.environ.setdefault("MPLCONFIGDIR", str(settings.RECTIFY_DATA / "matplotlib"))
    dates, ticker = import_module("matplotlib.dates"), import_module("matplotlib.ticker")
    font = import_module("matplotlib.font_manager").FontProperties(fname=str(FONT), size=11)
    figure = import_module("matplotlib.figure").Figure(figsize=(6.1, 2.9), dpi=200, layout="constrained")
    axes = figure.add_subplot()
    days = [point.on for point in points]
    axes.step(days, [p.planned for p in points], where="post", color=PLANNED, linestyle="--", linewidth=1.6,
              label=pgettext("chart", "planned to be closed"))  # fmt: skip
    past = points[:known]
    axes.plot(days[:known], [p.closed for p in past], color=CLOSED, linewidth=2.4,
              label=pgettext("chart", "closed"))  # fmt: skip
    if past:
        axes.annotate(str(past[-1].closed), (past[-1].on, past[-1].closed), xytext=(0, 6), color=CLOSED,
                      textcoords="offset points", ha="center", fontproperties=font)  # fmt: skip
    axes.set_ylim(bottom=0, top=max([1, *(p.planned for p in points), *(p.closed for p in past)]) * 1.15)
    axes.yaxis.set_major_locator(ticker.MaxNLocator(integer=True))
    axes.xaxis.set_major_locator(dates.AutoDateLocator(minticks=3, maxticks=7))
    axes.xaxis.set_major_formatter(dates.DateFormatter("%Y-%m-%d"))
    axes.grid(axis="y", color="#d9dce1", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    for label in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        label.set_fontproperties(font)
    axes.tick_params(axis="x", labelsize=8.5)
    axes.legend(prop=font, frameon=False, loc="upper left")
    file = BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()
