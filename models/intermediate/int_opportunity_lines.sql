with

opportunities as (

    select * from {{ ref('int_crm__opportunities') }}

),

opportunity_lines as (

    select * from {{ ref('int_crm__opportunity_lines') }}

),

opportunities_without_lines as (

    select opportunities.*

    from opportunities
    left join opportunity_lines
        on opportunities.opportunity_id = opportunity_lines.opportunity_id
    where opportunity_lines.opportunity_id is null

)

select
    opportunity_line_id,
    opportunity_id,
    product_id,
    quantity,
    amount,
    cost_amount

from opportunity_lines

union all

-- revenue sits on lines: an opportunity without any has one with its amount
select
    opportunity_id as opportunity_line_id,
    opportunity_id,
    cast(null as string),
    cast(null as decimal(18, 4)),
    amount,
    cast(null as decimal(18, 4))

from opportunities_without_lines
