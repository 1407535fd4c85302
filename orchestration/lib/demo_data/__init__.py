"""Export files of a made-up company's CRM, of any size, the same every time.

As in a real CRM a little is wrong, and known here: about one in 300 leads, opportunities and
opportunity lines and one in 500 activities has a twin that cannot be read (an amount with its
currency, a day that does not exist, no key); one activity in 2,000 names a contact that is gone;
some accounts, leads and opportunities are entered twice and the second row is later merged away.
All other ids are found in the export of the same day.
"""

from .export import write_demo_data, write_templates

__all__ = ["write_demo_data", "write_templates"]
