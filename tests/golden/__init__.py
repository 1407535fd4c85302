"""A small company made by hand, and what every KPI is for it.

The expected values are the oracle's, never the SQL's. They are kept in a file so that a change of
a definition, in either of the two, shows as a difference that somebody reads and agrees with.
`python -m tests.golden` writes the file anew.
"""
