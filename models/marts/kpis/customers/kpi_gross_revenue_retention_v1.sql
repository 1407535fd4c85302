with

account_mrr_years as (

    select * from {{ ref('fct_account_mrr_years') }}

),

subscribers_a_year_ago as (

    select
        subscriber_id as record_id,
        period_grain,
        period_start_date,
        occurred_date,
        year_ago_amount,
        end_amount,
        segment,
        industry,
        region

    from account_mrr_years

)

{{ kpi_ratio(
    facts='subscribers_a_year_ago',
    dimensions=['segment', 'industry', 'region'],
    numerator='sum(least(end_amount, year_ago_amount))',
    denominator='sum(year_ago_amount)',
    by='period'
) }}
