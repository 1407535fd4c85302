with

account_mrr_changes as (

    select * from {{ ref('fct_account_mrr_changes') }}

),

account_movements as (

    select
        subscriber_id as record_id,
        period_grain,
        period_start_date,
        occurred_date,
        change_amount,
        movement

    from account_mrr_changes

)

{{ kpi_total(
    facts='account_movements',
    dimensions=['movement'],
    value='sum(change_amount)',
    by='period'
) }}
