with

contacts as (

    select * from {{ newest_versions(source('crm', 'contacts')) }}

)

select
    contact_id,
    account_id,
    {{ personal_column('crm', 'contacts', 'contact_name') }} as contact_name,
    {{ personal_column('crm', 'contacts', 'email') }} as email,
    created_at

from contacts
