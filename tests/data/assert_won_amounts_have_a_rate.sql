{{ config(meta={'dagster': {'ref': {'name': 'fct_opportunity_lines'}}}) }}

-- A row is a won line with an amount in a currency that has no exchange rate to the reporting
-- currency on or before the close date: land the rate, do not drop the deal.
select
    facts.opportunity_line_id,
    opportunities.currency,
    facts.closed_date

from {{ ref('fct_opportunity_lines') }} as facts
inner join {{ ref('int_opportunity_lines') }} as lines
    on facts.opportunity_line_id = lines.opportunity_line_id
inner join {{ ref('int_crm__opportunities') }} as opportunities
    on facts.opportunity_id = opportunities.opportunity_id
where
    facts.is_won
    and facts.amount is null
    and lines.amount is not null
