"""Export files of a made-up company's CRM, of any size, the same every time."""

from .export import write_demo_data, write_templates

__all__ = ["write_demo_data", "write_templates"]
