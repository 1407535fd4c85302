{#- Every canonical entity, and whether any row of it has landed. -#}
{%- for entity in [
    'accounts', 'activities', 'campaigns', 'commercial_costs', 'contacts', 'exchange_rates', 'leads',
    'market_revenue', 'opportunities', 'opportunity_lines', 'opportunity_stages', 'products', 'reps',
    'subscriptions', 'survey_responses', 'targets'
] %}
select
    '{{ entity }}' as input,
    count(*) > 0 as is_available

from (select source from {{ ref('int_crm__' ~ entity) }} limit 1) as any_row  -- noqa: AM09

union all
{% endfor %}
select
    'costs_of_goods' as input,
    count(*) > 0 as is_available

from (
    select source from {{ ref('int_crm__opportunity_lines') }}
    where cost_amount is not null

    union all

    select source from {{ ref('int_crm__products') }}
    where unit_cost is not null
) as any_cost

union all

select
    'customers' as input,
    count(*) > 0 as is_available

from (
    select source from {{ ref('int_crm__opportunities') }}

    union all

    select source from {{ ref('int_crm__subscriptions') }}
) as any_customer

union all

select
    'lead_capacity' as input,
    count(*) > 0 as is_available

from {{ ref('int_crm__reps') }}
where maximum_leads_per_day is not null

union all

select
    'deal_capacity' as input,
    count(*) > 0 as is_available

from {{ ref('int_crm__reps') }}
where maximum_deals_per_day is not null
