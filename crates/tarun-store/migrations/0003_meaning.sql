-- What WhatsApp tells beside messages: among whose numbers a user id was seen, wishes about marketing, played voice notes.

-- User ids are given per business portfolio. The WhatsApp account (WABA) among whose numbers an id was seen; null: seen before
-- this was noted; empty: about to be replaced, since the person's number changed. Only ids of one account can tell two people
-- apart.
alter table contact_identities add column scope text;

-- What the person last told WhatsApp about marketing messages of this business, and when.
alter table contacts add column marketing text check (marketing in ('STOP', 'RESUME'));
alter table contacts add column marketing_at timestamptz;

-- When the customer first played a voice message of ours.
alter table messages add column played_at timestamptz;

-- Events that show nowhere are counted for admins.
create index inbound_events_not_shown on inbound_events (tenant_id, received_at) where outcome is not null;
