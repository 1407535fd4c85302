with

opportunity_lines as (

    select * from {{ ref('int_opportunity_lines') }}

),

ranked_lines as (

    select
        opportunity_id,
        opportunity_line_id,
        product_id,
        row_number() over (
            partition by opportunity_id
            order by amount desc nulls last, opportunity_line_id asc
        ) as size_rank

    from opportunity_lines

)

select
    opportunity_id,
    opportunity_line_id,
    product_id

from ranked_lines
where size_rank = 1
