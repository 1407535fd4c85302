"""The KPIs in plain Python, computed from the canonical rows by their written definitions.

Made to be read and to be checked against: it shares no code and no text with the SQL.
"""

from tests.oracle.comparison import compare
from tests.oracle.kpis import KPIS, compute_kpis
from tests.oracle.settings import Settings
from tests.oracle.table import KpiRow

__all__ = ["KPIS", "KpiRow", "Settings", "compare", "compute_kpis"]
