with

reporting_dates as (

    select * from {{ ref('int_reporting_dates') }}

),

opportunities as (

    select * from {{ ref('int_crm__opportunities') }}

),

opportunity_leads as (

    select * from {{ ref('int_opportunity_leads') }}

),

leads as (

    select * from {{ ref('int_crm__leads') }}

),

activities as (

    select * from {{ ref('int_crm__activities') }}

),

-- one row per opportunity that was contacted
opportunity_activities as (

    select
        opportunity_id,

        min(occurred_at) as first_at

    from activities
    where opportunity_id is not null
    group by opportunity_id

),

-- one row per lead that was contacted
lead_activities as (

    select
        lead_id,

        min(occurred_at) as first_at

    from activities
    where lead_id is not null
    group by lead_id

),

contacts_made as (

    select
        opportunity_id,
        created_at as contacted_at

    from opportunities

    union all

    select
        opportunity_leads.opportunity_id,
        leads.created_at

    from opportunity_leads
    inner join leads
        on opportunity_leads.lead_id = leads.lead_id

    union all

    select
        opportunity_id,
        first_at

    from opportunity_activities

    union all

    select
        opportunity_leads.opportunity_id,
        lead_activities.first_at

    from opportunity_leads
    inner join lead_activities
        on opportunity_leads.lead_id = lead_activities.lead_id

),

first_contacts as (

    select
        opportunity_id,

        {{ reporting_date('min(contacted_at)') }} as first_contact_date

    from contacts_made
    where contacted_at is not null
    group by opportunity_id

)

select
    first_contacts.opportunity_id,
    first_contacts.first_contact_date

from first_contacts
inner join reporting_dates
    on first_contacts.first_contact_date <= reporting_dates.as_of_date
