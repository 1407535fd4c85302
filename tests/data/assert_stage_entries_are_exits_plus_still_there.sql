-- A row is a stage whose entries are not those that advanced, were lost there or are still there.
select
    stage,

    count(*) as entry_count,
    count(*) filter (where is_advanced) as advanced_count,
    count(*) filter (where is_lost_there) as lost_count,
    count(*) filter (where is_still_there) as still_there_count

from {{ ref('fct_opportunity_stages') }}
group by stage
having
    count(*) <> count(*) filter (where is_advanced)
    + count(*) filter (where is_lost_there)
    + count(*) filter (where is_still_there)
