"""Public figures (办理情况公开): of the league or a banner, by month, kind and body, without small counts.

Of fixed windows only, a year that is over or the last twelve months: by windows that one may choose, one figure could be
taken from another until a small one is left.
"""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, select
from sqlmodel import Session, col

from service_catalog.appeals.tables import Appeal
from service_catalog.kernel.errors import Fault, InvalidRequest, Said
from service_catalog.regions.mapping import find_region
from service_catalog.regions.tables import Region
from service_catalog.regions.tree import RegionLevel
from service_catalog.supervision.asking import asked_most
from service_catalog.supervision.figures import GRADES, Figures
from service_catalog.supervision.naming import name_of, names, names_of
from service_catalog.supervision.schemas import AppealFiguresView, PublicAsked, PublicFigures, PublicLine
from service_catalog.supervision.statistics import By, Wanted, count_appeals
from service_catalog.supervision.suppressing import LEAST, is_small, shown, shown_parts

SHOWN = ("received", "answered", "in_time", "overdue", "open")
MOST_ASKED = 10
MONTHS = 12
LEVELS = (RegionLevel.LEAGUE, RegionLevel.BANNER)
MOST_YEARS = 5


_NOTHING = PublicFigures(
    **dict.fromkeys(SHOWN), median_working_days=None, grades=[None] * len(GRADES), satisfaction=None
)


def public_figures(session: Session, *, region: str | None, year: int | None, today: date) -> AppealFiguresView:
    """Return the figures of the league or a banner in a year that is over, or in the last twelve months.

    Raises NoSuchRegion, InvalidRequest.
    """
    place = _place(session, region)
    if year is not None and year >= today.year:
        said = Said(
            "请选择已经结束的年份；不选则为最近十二个月", "a year that is over; without it the last twelve months"
        )
        raise InvalidRequest([Fault("/query/year", said)])
    last = f"{today:%Y-%m}" if year is None else f"{year}-12"
    first = month_before(last, MONTHS - 1)
    wanted = Wanted(region=place.code, first_month=first, last_month=last)
    ((_, total),) = count_appeals(session, wanted, (), today, by=None)
    return AppealFiguresView(
        as_of=today, region_code=place.code, region_name=place.name, year=year, first_month=first, last_month=last,
        total=_whole(total),
        months=_months_between(_compared(session, wanted, By.MONTH, today), first, last),
        kinds=_compared(session, wanted, By.KIND, today), agencies=_compared(session, wanted, By.AGENCY, today),
        asked_most=_asked(session, wanted, today),
    )  # fmt: skip


def _place(session: Session, region: str | None) -> Region:
    """Return the region whose figures are published; a smaller one would be found by a few steps of a neighbour."""
    place = find_region(session, region) if region else _league(session)
    if place.level not in LEVELS:
        said = Said("只公布盟和旗县（区）的办理情况", "figures are published of the league and its banners only")
        raise InvalidRequest([Fault("/query/region", said)])
    return place


def years_of(session: Session, today: date) -> list[int]:
    """Return the years that are over and in which something was received, the latest first."""
    first = session.execute(select(func.min(col(Appeal.received_month)))).scalar_one()
    since = int(first[:4]) if first else today.year
    return list(range(today.year - 1, max(since, today.year - 1 - MOST_YEARS + 1) - 1, -1))


def _league(session: Session) -> Region:
    return session.scalars(select(Region).where(col(Region.level) == RegionLevel.LEAGUE)).one()


def _months(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:]) - 1


def month_before(month: str, months: int) -> str:
    """Return the month so many months earlier."""
    year, number = divmod(_months(month) - months, 12)
    return f"{year}-{number + 1:02}"


def _compared(session: Session, wanted: Wanted, dimension: By, today: date) -> list[PublicLine]:
    counted = count_appeals(session, wanted, (dimension,), today, by=None)
    lines = [line for line in counted if any(line[1].counts[name] for name in SHOWN)]
    (known,) = names_of(session, lines, (dimension,), today)
    figures = shown_lines([figures for _, figures in lines])
    called = [name_of(keys[0], dimension, known) for keys, _ in lines]
    return [
        PublicLine(key=keys[0], name_zh=name.zh, name_en=name.en, figures=one)
        for (keys, _), name, one in zip(lines, called, figures, strict=True)
    ]


def _months_between(lines: Sequence[PublicLine], first: str, last: str) -> list[PublicLine]:
    """Return a line for every month: one in which nothing came is one of noughts."""
    there = {line.key: line for line in lines}
    (nothing,) = shown_lines([Figures()])
    every = [month_before(last, back) for back in range(_months(last) - _months(first), -1, -1)]
    return [
        there.get(month)
        or PublicLine(key=month, name_zh=f"{month[:4]}年{int(month[5:])}月", name_en=month, figures=nothing)
        for month in every
    ]


def _asked(session: Session, wanted: Wanted, today: date) -> list[PublicAsked]:
    found = [one for one in asked_most(session, wanted, most=MOST_ASKED, by=None) if one.asked >= LEAST]
    known = names(session, By.ITEM, [one.basic_code for one in found], today)
    return [
        PublicAsked(basic_code=one.basic_code, item_name=name_of(one.basic_code, By.ITEM, known).zh, asked=one.asked)
        for one in found
    ]


def shown_lines(lines: Sequence[Figures]) -> list[PublicFigures]:
    """Return what may be public of lines whose sum is public too.

    A line of one or two appeals is left out as a whole, and so is the smallest of the others: its further figures would
    otherwise say how many the two have received.
    """
    hidden = {
        place for place, count in enumerate(shown_parts([line.counts["received"] for line in lines])) if count is None
    }
    late = hidden | {place for place, line in enumerate(lines) if _few_late(line)}
    columns = {
        name: shown_parts([line.counts[name] for line in lines], late if name == "in_time" else hidden)
        for name in SHOWN
    }
    grades = [shown_parts([line.grades[grade] for line in lines], hidden) for grade in GRADES]
    return [
        _public(line, {name: column[place] for name, column in columns.items()}, [grade[place] for grade in grades])
        if place not in hidden
        else _NOTHING
        for place, line in enumerate(lines)
    ]


def _whole(figures: Figures) -> PublicFigures:
    if is_small(figures.counts["received"]):
        return _NOTHING
    counts = {name: shown(figures.counts[name]) for name in SHOWN}
    if _few_late(figures):
        counts["in_time"] = None
    return _public(figures, counts, [shown(figures.grades[grade]) for grade in GRADES])


def _few_late(figures: Figures) -> bool:
    """Tell whether the answers in time give away a small number of late ones."""
    return is_small(figures.counts["answered"] - figures.counts["in_time"])


def _public(figures: Figures, counts: dict[str, int | None], grades: list[int | None]) -> PublicFigures:
    """Return one line: a median of three answers at least, and a share only where neither side is small."""
    sides = figures.good, figures.rated - figures.good
    return PublicFigures(
        **counts, grades=grades,
        median_working_days=figures.median_working_days if sum(figures.days.values()) >= LEAST else None,
        satisfaction=None if any(is_small(side) for side in sides) else figures.satisfaction,
    )  # fmt: skip
