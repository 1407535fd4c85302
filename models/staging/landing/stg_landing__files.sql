with

files as (

    select * from {{ source('landing', 'files') }}

)

select
    landing_id,
    landed_at

from files
where
    status = 'landed'
    {%- if var('known_at') %}
    and landed_at <= cast('{{ var('known_at') }}' as timestamp)
    {%- endif %}
