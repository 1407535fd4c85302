with

opportunities as (

    select * from {{ ref('int_opportunities') }}

),

leads as (

    select * from {{ ref('int_leads') }}

)

select
    lead_id,
    opportunity_id

from opportunities
where lead_id is not null

union

select
    leads.lead_id,
    opportunities.opportunity_id

from leads
inner join opportunities
    on leads.converted_opportunity_id = opportunities.opportunity_id
