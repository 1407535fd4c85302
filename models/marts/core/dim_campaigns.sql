with

campaigns as (

    select * from {{ ref('int_crm__campaigns') }}

)

select
    campaign_id,
    nullif(campaign_name, '') as campaign,
    nullif(channel, '') as channel,
    started_on as started_date,
    ended_on as ended_date

from campaigns
