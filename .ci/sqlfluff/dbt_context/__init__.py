"""What dbt gives to a model's Jinja, as far as the SQL linter needs it to see SQL.

The linter loads the project's own macros, so that it reads the SQL that they make; what dbt itself
provides is imitated here. Nothing is looked up in a database and no SQL is run.
"""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yaml

PROJECT_FILE = Path(__file__).resolve().parents[3] / "dbt_project.yml"
PROJECT_VARS = yaml.safe_load(PROJECT_FILE.read_text())["vars"]


def var(name: str, default: Any = None) -> Any:
    """The value that dbt_project.yml gives to a var; raises KeyError for an unknown one."""
    return PROJECT_VARS[name] if default is None else PROJECT_VARS.get(name, default)


def env_var(name: str, default: str = "") -> str:
    """The default: what the linter finds does not depend on the environment."""
    return default


class CrossDatabaseMacros:
    """`dbt.<name>(...)` as a call of a function with that name."""

    def __getattr__(self, name: str):
        def call(*arguments: Any) -> str:
            parts = arguments[0] if isinstance(arguments[0], list) else arguments
            return f"{name}({', '.join(str(part) for part in parts)})"

        return call


dbt = CrossDatabaseMacros()


class Adapter:
    """What dbt writes in another way for every engine."""

    def dispatch(self, name: str):
        """A macro, as what an engine's variant of it stands for."""
        call = getattr(dbt, name)
        return (lambda *_: "select calendar_date from days") if name == "day_series" else call

    def quote(self, name: str) -> str:
        """A name in quotes, as one that needs none: an export's names are not ours to choose."""
        return re.sub(r"\W", "_", name).lower()


adapter = Adapter()

# One of the many names that a clock knows.
modules = SimpleNamespace(pytz=SimpleNamespace(all_timezones=["Europe/Amsterdam"]))

# The columns of a canonical model stand in its YAML; any two make a select list.
model = SimpleNamespace(
    columns={
        name: SimpleNamespace(name=name, data_type="string") for name in ("account_id", "segment")
    }
)
