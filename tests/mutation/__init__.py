"""A check of the tests: KPI models broken on purpose must not go unnoticed."""
