-- One batch of 100 messages as Tarun stores them, without Tarun: what PostgreSQL itself can do with these rows.
-- The rows' sizes are those of the run before (variables payload, body); keys are new, conversations the run's own.
\set shift random(0, 100000)
begin;
insert into inbound_events (tenant_id, id, number_id, field, kind, payload_enc, received_at)
select ':tenant'::uuid, gen_random_uuid(), ':number'::uuid, 'messages', 'MESSAGE',
       decode(repeat(md5(random()::text), :payload / 16), 'hex'), now()
from generate_series(1, 100);
insert into messages (tenant_id, id, conversation_id, direction, kind, body_enc, status, sent_by, wamid_hash, search, said_at, created_at)
select ':tenant'::uuid, gen_random_uuid(), b.id, 'INBOUND', 'TEXT', decode(repeat(md5(random()::text), :body / 16), 'hex'),
       'DELIVERED', 'CUSTOMER', decode(md5(random()::text), 'hex'),
       (select array_agg((random() * 1e18)::bigint) from generate_series(1, 9) t where g.k is not null), now(), now()
from generate_series(1, 100) g(k) join bench_conversations b on b.n = 1 + (g.k * 7919 + :shift) % :conversations;
commit;
