"""Ways to break the compiled SQL of a KPI model, one place at a time.

Only what a model says itself is broken: its facts, and the expressions that it gives to the macro.
What the macro makes around them is the same for all. A change that gives the same numbers whatever
the data is no mutant; where one would be, it is said why.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

FACTS_END = re.compile(r"^(facts_to_date|aggregated_facts) as \(", re.M)
PARTS_START = "as dimension_value,"
PARTS_END = "count(*) as sample_size"
CALENDAR_JOIN = ".occurred_date = calendar_days.calendar_date"
NO_END = "cast(null as date) as ended_date"
IMPORT = re.compile(r'^(\w+) as \(\s+select \* from "\w+"\."\w+"\."(\w+)"', re.M)
DATE = re.compile(r"(?<!as )(?<!select )(?<!\.)\b(?:(\w+)\.)?(\w+_date)\b(?! is not null)")
FROM = re.compile(r"^    from (\w+)", re.M)
WHERE = re.compile(r"^    where\b(.*?)(?=\n\n|\n\))", re.M | re.S)
# not in parentheses
AND = re.compile(r"\band\b(?![^()]*\))")
PARTS = re.compile(
    rf"(?<={PARTS_START})(.*?) as numerator,(.*?) as denominator,(?=\s+{re.escape(PARTS_END)})",
    re.S,
)
# The days and periods of the calendar: every fact with a date has its own.
CALENDARS = ("periods", "period_days")
# Says in which period a fact lies.
PERIOD_DATES = ("occurred_date", "period_start_date")

# what is broken, the expression that is found, what it becomes
REPLACEMENTS = [
    ("filter dropped", r" filter \((?:[^()]|\([^()]*\))*\)", ""),
    ("boundary", r"(?<=\s)<=(?=\s)", "<"),
    ("boundary", r"(?<=\s)>=(?=\s)", ">"),
    ("boundary", r"(?<=\s)<(?=\s)", "<="),
    ("boundary", r"(?<=\s)>(?=\s)", ">="),
    ("sum made count", r"\bsum\(", "count("),
    # The other way round nothing changes: but for distinct counts every fact is a record.
    ("distinct dropped", r"\bcount\(distinct record_id\)", "count(*)"),
    ("median made mean", r"percentile_cont\(0\.5\) within group \(order by (\w+)\)", r"avg(\1)"),
    ("factor dropped", r"\b\d+ \* ", ""),
    ("cap dropped", r"\bleast\((\w+), \w+\)", r"\1"),
    ("negation dropped", r"(?<!is )\bnot ", ""),
    ("sign", r" - ", " + "),
    ("sign", r"(?<=\s)-(?=[a-z])", ""),
    ("left join made inner", r"\bleft join\b", "inner join"),
]


@dataclass(frozen=True)
class Mutant:
    """The SQL of a KPI version with one thing broken."""

    kpi: str
    change: str
    sql: str


@dataclass(frozen=True)
class KpiSql:
    """The SQL of a KPI version; `dates` are the date columns of the tables that it reads."""

    kpi: str
    sql: str
    dates: Mapping[str, list[str]]

    def changed(self, what: str, start: int, end: int, new: str, change: str = "") -> Mutant:
        """The mutant with other text from `start` to `end`; by itself it names the old and new."""
        change = change or f"{self.sql[start:end].strip()} => {new.strip() or '(nothing)'}"
        line = " ".join(self.line_at(start).split())
        return Mutant(
            self.kpi, f"{what}: {change}, in `{line}`", self.sql[:start] + new + self.sql[end:]
        )

    def line_at(self, position: int) -> str:
        """The line around the position."""
        return self.sql[self.sql.rfind("\n", 0, position) + 1 : self.sql.find("\n", position)]

    def can_be_broken(self, position: int) -> bool:
        """Whether the model says what stands there, and not the macro, and it says something."""
        parts = range(self.sql.index(PARTS_START), self.sql.index(PARTS_END))
        is_by_the_model = position < FACTS_END.search(self.sql).start() or position in parts
        is_without_end = NO_END in self.sql and "ended_date" in self.line_at(position)
        return is_by_the_model and not is_without_end


def mutants_of(kpi: str, sql: str, dates: Mapping[str, list[str]]) -> list[Mutant]:
    """All the ways in which the SQL of a KPI version is broken."""
    model = KpiSql(kpi, re.sub(r"--[^\n]*\n", "\n", sql), dates)
    return [
        *swapped_dates(model),
        *dropped_conditions(model),
        *widened_joins(model),
        *swapped_parts(model),
        *replaced_expressions(model),
    ]


def swapped_dates(model: KpiSql) -> Iterator[Mutant]:
    """Another date of the same record, where its table has several."""
    tables = dict(IMPORT.findall(model.sql))
    for match in DATE.finditer(model.sql):
        if not model.can_be_broken(match.start()):
            continue
        name = match[1] or FROM.search(model.sql, match.end())[1]
        dates = [date for date in model.dates.get(tables.get(name), []) if date not in PERIOD_DATES]
        # Where the model itself puts a fact in its periods, this date is for `make explain`.
        is_unused = CALENDAR_JOIN not in model.sql and model.sql.startswith(
            " as occurred_date", match.end()
        )
        line = model.line_at(match.start())
        # No fact is later than the as-of date, so that the period's end says the same.
        is_same = name in CALENDARS and any(
            f"{other}." in line for other, table in tables.items() if table.startswith("fct_")
        )
        if match[2] in dates and len(dates) > 1 and not is_unused and not is_same:
            other = dates[(dates.index(match[2]) + 1) % len(dates)]
            new = f"{match[1]}.{other}" if match[1] else other
            if line.strip(" ,") == match[2]:
                new += f" as {match[2]}"
            yield model.changed("date", *match.span(), new)


def dropped_conditions(model: KpiSql) -> Iterator[Mutant]:
    """One condition less."""
    for match in WHERE.finditer(model.sql):
        if not model.can_be_broken(match.start()):
            continue
        select = model.sql[model.sql.rfind("    select", 0, match.start()) : match.start()]
        conditions = [" ".join(text.split()) for text in AND.split(match[1])]
        for condition in conditions:
            if not only_has_a_date(condition, select):
                rest = [other for other in conditions if other is not condition]
                new = "    where " + " and ".join(rest) if rest else ""
                yield model.changed("condition dropped", *match.span(), new, condition)


def only_has_a_date(condition: str, select: str) -> bool:
    """Whether it asks for the date without which a fact has no period; who is closed has one."""
    placed = re.search(rf"([\w.]+) as (?:{'|'.join(PERIOD_DATES)}|started_date)", select)
    date = placed[1] if placed else ""
    return condition in (f"{date} is not null", date.replace("closed_date", "is_closed"))


def widened_joins(model: KpiSql) -> Iterator[Mutant]:
    """Rows without a partner too, unless the calendar is joined or a condition asks for one."""
    for match in re.finditer(r"\binner join (\w+)(.*?)(?=\n\n)", model.sql, re.S):
        _, _, condition = match[2].partition("where")
        is_needed = match[1] in CALENDARS or f"{match[1]}." in condition
        if model.can_be_broken(match.start()) and not is_needed:
            end = match.start() + len("inner")
            yield model.changed("inner join made left", match.start(), end, "left")


def swapped_parts(model: KpiSql) -> Iterator[Mutant]:
    """The ratio upside down."""
    if match := PARTS.search(model.sql):
        new = f"{match[2]} as numerator,{match[1]} as denominator,"
        yield model.changed("parts swapped", *match.span(), new, "the ratio upside down")


def replaced_expressions(model: KpiSql) -> Iterator[Mutant]:
    """What can be broken word by word; a factor may also stand in the last select."""
    for what, pattern, new in REPLACEMENTS:
        for match in re.finditer(pattern, model.sql):
            if model.can_be_broken(match.start()) or what == "factor dropped":
                yield model.changed(what, *match.span(), match.expand(new))
