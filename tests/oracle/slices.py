"""The attributes by which KPIs are cut."""

from collections import Counter
from collections.abc import Iterable, Mapping

UNKNOWN = "(unknown)"
ALL = "(all)"

SALES_DIMENSIONS = (
    "segment",
    "industry",
    "region",
    "product_category",
    "channel",
    "campaign",
    "rep",
    "team",
    "opportunity_type",
)


MARKET_DIMENSIONS = ("segment", "industry", "region")


def first_known(*values: str | None) -> str:
    """The first value that is neither missing nor empty, else `(unknown)`."""
    return next((value for value in values if value), UNKNOWN)


def keyed(rows: Iterable[dict], key: str) -> dict[str, dict]:
    """The rows by their key."""
    return {row[key]: row for row in rows}


def rep_labels(reps: Iterable[dict]) -> dict[str, str]:
    """The name of each rep, with the key behind it when another has the same; or else the key."""
    reps = list(reps)
    bearers = Counter(rep.get("rep_name") for rep in reps)
    labels = {}
    for rep in reps:
        name, key = rep.get("rep_name"), rep["rep_id"]
        if name:
            labels[key] = f"{name} ({key})" if bearers[name] > 1 else name
        else:
            labels[key] = key
    return labels


class RepSlices:
    """The slices of a rep by key; `(unknown)` for no rep or one that is not among the reps."""

    def __init__(self, reps: Iterable[dict]) -> None:
        reps = list(reps)
        self._labels = rep_labels(reps)
        self._reps = keyed(reps, "rep_id")

    def region(self, rep_id: str | None) -> str | None:
        """The sales region of the rep, if known."""
        return self._reps.get(rep_id, {}).get("region")

    def of(self, rep_id: str | None) -> Mapping[str, str]:
        """The slices `rep` and `team`."""
        team = first_known(self._reps.get(rep_id, {}).get("team"))
        return {"rep": self._labels.get(rep_id, UNKNOWN), "team": team}


class MarketSlices:
    """Segment, industry and region of an account by key; `(unknown)` where it is not there."""

    def __init__(self, accounts: Iterable[dict], reps: RepSlices) -> None:
        self._accounts = keyed(accounts, "account_id")
        self._reps = reps

    def of(self, account_id: str | None, rep_id: str | None = None) -> Mapping[str, str]:
        """The three slices; the region is that of the rep, if given, where the account has none."""
        account = self._accounts.get(account_id, {})
        return {
            "segment": first_known(account.get("segment")),
            "industry": first_known(account.get("industry")),
            "region": first_known(account.get("region"), self._reps.region(rep_id)),
        }
