with

reporting_dates as (

    select * from {{ ref('int_reporting_dates') }}

),

opportunities as (

    select opportunities.*

    from {{ ref('int_crm__opportunities') }} as opportunities
    cross join reporting_dates
    where
        opportunities.created_at is null
        or {{ reporting_date('opportunities.created_at') }} <= reporting_dates.as_of_date

),

leads as (

    select leads.*

    from {{ ref('int_crm__leads') }} as leads
    cross join reporting_dates
    where
        leads.created_at is null
        or {{ reporting_date('leads.created_at') }} <= reporting_dates.as_of_date

),

-- one row per opportunity that a lead says it was converted to
converted_leads as (

    select
        converted_opportunity_id as opportunity_id,

        min(lead_id) as lead_id

    from leads
    where converted_opportunity_id is not null
    group by converted_opportunity_id

)

select
    opportunities.opportunity_id,
    coalesce(opportunities.lead_id, converted_leads.lead_id) as lead_id

from opportunities
left join converted_leads
    on opportunities.opportunity_id = converted_leads.opportunity_id
where coalesce(opportunities.lead_id, converted_leads.lead_id) is not null
