with

reporting_dates as (

    select * from {{ ref('int_reporting_dates') }}

),

opportunity_stages as (

    select * from {{ ref('int_crm__opportunity_stages') }}

),

stages as (

    select * from {{ ref('int_stages') }}

),

entries as (

    select
        opportunity_stages.source,
        opportunity_stages.opportunity_id,
        opportunity_stages.stage,
        stages.stage_order,
        opportunity_stages.entered_at,
        {{ reporting_date('opportunity_stages.entered_at') }} as entered_date

    from opportunity_stages
    inner join stages
        on
            opportunity_stages.source = stages.source
            and opportunity_stages.stage = stages.stage

)

select
    entries.source,
    entries.opportunity_id,
    entries.stage,
    entries.stage_order,
    entries.entered_date,
    row_number() over (
        partition by entries.opportunity_id, entries.entered_date
        order by entries.entered_at desc, entries.stage_order desc
    ) = 1 as is_last_of_day,
    row_number() over (
        partition by entries.opportunity_id
        order by entries.entered_at desc, entries.stage_order desc
    ) = 1 as is_last,
    row_number() over (
        partition by entries.opportunity_id
        order by entries.entered_at asc, entries.stage_order asc
    ) = 1 as is_first

from entries
inner join reporting_dates
    on entries.entered_date <= reporting_dates.as_of_date
