"""Write header-only files of the plain export format, to fill in: `make templates`."""

from orchestration.lib.contracts import read_contracts
from orchestration.lib.demo_data import write_templates
from orchestration.lib.manifest import read_manifest
from orchestration.lib.settings import read_settings


def main() -> None:
    """One CSV per raw table of the enabled sources, in <landing folder>/templates/<source>."""
    settings = read_settings()
    columns: dict[str, dict[str, list[str]]] = {}
    for contract in read_contracts(read_manifest(settings)):
        columns.setdefault(contract.source_name, {})[contract.table_name] = list(
            contract.column_names
        )
    for source, tables in columns.items():
        folder = settings.landing_folder / "templates" / source
        write_templates(folder, tables)
        print(
            f"Wrote {len(tables)} templates to {folder}; copy those you fill to"
            f" {settings.landing_folder / source}."
        )


if __name__ == "__main__":
    main()
