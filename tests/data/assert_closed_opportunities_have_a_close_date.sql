-- A row is a won or lost opportunity that cannot be placed in a period.
select
    opportunity_id,
    status

from {{ ref('int_crm__opportunities') }}
where
    status in ('won', 'lost')
    and closed_at is null
