with

campaigns as (

    select * from {{ newest_versions(source('crm', 'campaigns')) }}

)

select
    campaign_id,
    campaign_name,
    channel,
    started_on,
    ended_on

from campaigns
