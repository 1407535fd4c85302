"""Write the page about models, columns, owners and lineage: `make docs`."""

from orchestration.lib.docs_page import write_docs_page
from orchestration.lib.manifest import read_manifest
from orchestration.lib.settings import read_settings


def main() -> None:
    """One HTML file in the warehouse's folder, for any browser."""
    settings = read_settings()
    file = settings.warehouse_folder / "docs.html"
    write_docs_page(read_manifest(settings), file)
    print(f"Wrote {file}; open it in a browser.")


if __name__ == "__main__":
    main()
