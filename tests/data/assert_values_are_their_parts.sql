-- A row is a value that is not its numerator (over its denominator): a ratio must be null where the
-- denominator is zero, never infinite and never a silent zero.
select *

from {{ ref('kpi_values') }}
where
    numerator is null
    or (denominator is null and kpi_value is distinct from numerator)
    or (denominator = 0 and kpi_value is not null)
    or (
        denominator <> 0
        and (
            kpi_value is null
            or abs(kpi_value - numerator / nullif(denominator, 0))
            > 1e-9 * greatest(abs(kpi_value), 1)
        )
    )
