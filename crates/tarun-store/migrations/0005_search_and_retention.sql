-- Rows are found by what they are looked for by, also when tables have grown.

-- A message's file is looked for by the message.
create index media_of_message on media (tenant_id, message_id);

-- New words are collected in lists, which a task beside the messages sorts into their indexes each second. Left to itself
-- GIN lets whichever message comes when a list is full do it: that took it seconds, and the next ones waited for it. The
-- lists (kB) are long enough for that not to happen; putting each word into its place at once costs a sixth of the speed.
alter index messages_search set (gin_pending_list_limit = 16384);
alter index contacts_search set (gin_pending_list_limit = 16384);

-- Only an index's owner may do it, who runs this migration.
create function sort_in_new_words() returns bigint
    language sql volatile security definer set search_path = public
    as $$ select gin_clean_pending_list('messages_search'::regclass) + gin_clean_pending_list('contacts_search'::regclass) $$;
revoke all on function sort_in_new_words() from public;
grant execute on function sort_in_new_words() to tarun_app;

-- Summaries of block ranges only widen: once rows had been removed and others put into their place, each range said "any
-- time", and each look for old rows read all of them.
create index inbound_events_received on inbound_events (received_at);
drop index inbound_events_by_time;
create index idempotency_keys_created on idempotency_keys (created_at);

create or replace function forget_before(events_before timestamptz, keys_before timestamptz, how_many integer) returns bigint
    language sql volatile security definer set search_path = public
    as $$ with keys as (delete from idempotency_keys where created_at < keys_before returning 1),
               gone as (delete from inbound_events e where (e.tenant_id, e.id) in (
                   select i.tenant_id, i.id from inbound_events i
                   where i.received_at < events_before
                     and not exists (select 1 from jobs j where j.tenant_id = i.tenant_id and j.kind = 'INBOUND' and j.ref_id = i.id)
                   order by i.received_at limit how_many) returning 1)
          select count(*) from gone $$;
