-- A row is a rep whose time zone no clock knows, as with a typing error: correct it in the export.
-- An empty one is the reporting time zone.
select
    rep_id,
    rep_name,
    time_zone

from {{ ref('int_crm__reps') }}
where
    time_zone <> ''
    and time_zone not in (
        '{{ modules.pytz.all_timezones | join("',\n        '") }}'
    )
