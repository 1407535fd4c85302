"""Ask for metrics by any slices: `make metrics METRICS=… BY=… WHERE=…`."""

import argparse
import sys

from orchestration.lib.metric_layer import MetricError, open_metric_layer
from orchestration.lib.settings import read_settings


def main() -> int:
    """Print the answer, or without a question what can be asked; gives the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--metrics", help="as in revenue,win_rate; without: list what there is")
    parser.add_argument("--by", default="", help="as in metric_time__month,region")
    parser.add_argument("--where", help="as in \"{{ Entity('region') }} = 'Benelux'\"")
    arguments = parser.parse_args()
    layer = open_metric_layer(read_settings())
    if not arguments.metrics:
        for metric, slices in layer.slices().items():
            print(f"{metric}: {', '.join(slices)}")
        return 0
    try:
        layer.ask(_names(arguments.metrics), _names(arguments.by), arguments.where).show(
            max_rows=1000, max_width=200
        )
    except MetricError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


if __name__ == "__main__":
    sys.exit(main())
