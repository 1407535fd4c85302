{# Every kpi_value lies between two bounds; nulls are left out. #}
{% test values_within(model, minimum, maximum) %}

select *

from {{ model }}
where kpi_value < {{ minimum }} - 1e-9 or kpi_value > {{ maximum }} + 1e-9

{% endtest %}
