with

opportunities as (

    select * from {{ ref('int_opportunities') }}

),

leads as (

    select * from {{ ref('int_leads') }}

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
