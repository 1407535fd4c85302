with

activities as (

    select * from {{ ref('int_crm__activities') }}

),

leads as (

    select * from {{ ref('int_leads') }}

)

select
    activities.*,
    coalesce(activities.contact_id, leads.contact_id, activities.lead_id) as person_id,
    {{ reporting_date('activities.occurred_at') }} as occurred_date,
    coalesce(
        activities.direction = 'outbound'
        and activities.activity_type in ('call', 'email', 'chat'),
        false
    ) as is_touchpoint

from activities
left join leads
    on activities.lead_id = leads.lead_id
