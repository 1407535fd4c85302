with

contacts as (

    select * from {{ newest_versions(source('crm', 'contacts')) }}

)

select
    contact_id,
    account_id,
    contact_name,
    email,
    created_at

from contacts
