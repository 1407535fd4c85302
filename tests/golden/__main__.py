"""Write the expected values of the golden run anew, by the oracle: `python -m tests.golden`."""

from tests.golden.company import oracle_tables, read_crm
from tests.golden.values import KPI_VALUES, golden_values, write_golden_values


def main() -> None:
    """Replace the file; `git diff` then shows which numbers moved."""
    values = golden_values(oracle_tables(read_crm()))
    write_golden_values(values)
    print(f"Wrote {len(values)} rows to {KPI_VALUES}. Read the difference before you commit it.")


if __name__ == "__main__":
    main()
