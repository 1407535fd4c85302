{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_crm__opportunity_stages'}}}) }}

-- A row is a stage that an opportunity entered and that var `sources` does not list for its source:
-- it plays no part in the funnel. Leave closed stages out of the history, add others to the list.
select
    entries.source,
    entries.stage,

    count(*) as entry_count

from {{ ref('int_crm__opportunity_stages') }} as entries
left join {{ ref('int_stages') }} as stages
    on
        entries.source = stages.source
        and entries.stage = stages.stage
where stages.stage is null
group by
    entries.source,
    entries.stage
