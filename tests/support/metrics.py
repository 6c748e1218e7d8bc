"""Reads what /metrics answers."""

from prometheus_client.parser import text_string_to_metric_families


def families_of(text: str) -> dict[str, dict[tuple[str, ...], float]]:
    """Return each metric's samples by their labels' values, in the order of the labels' names."""
    return {
        family.name: {tuple(value for _name, value in sorted(sample.labels.items())): sample.value for sample in family.samples}
        for family in text_string_to_metric_families(text)
    }
