-- The foundation: tenants and people, WhatsApp numbers, contacts, conversations, messages, the intake and its jobs.
--
-- Every table of a tenant begins its keys with tenant_id and forces row-level security; the server's role (tarun_app)
-- sees only rows of the tenant that its transaction has named. What must look across tenants (finding the number of a
-- webhook, the person of an e-mail, due jobs) is a function owned by tarun_definer, each as narrow as its use.
-- Columns ending in _enc hold AES-256-GCM-SIV ciphertext, those ending in _hash keyed hashes.

create extension if not exists vector;

create function current_tenant() returns uuid
    language sql stable parallel safe
    return nullif(current_setting('tarun.tenant', true), '')::uuid;

-- One row: the installation's own key, wrapped by the master key.
create table installation (
    only_one boolean primary key default true check (only_one),
    key_wrapped bytea not null,
    created_at timestamptz not null default now()
);

create table tenants (
    id uuid primary key,
    name text not null,
    time_zone text not null default 'Asia/Kolkata',
    agents_see_all boolean not null default false,
    onboarded boolean not null default false,
    key_wrapped bytea not null,
    created_at timestamptz not null
);

create table users (
    tenant_id uuid not null references tenants (id),
    id uuid not null,
    email_hash bytea not null unique,
    email_enc bytea not null,
    name_enc bytea not null,
    password_hash text not null,
    role text not null check (role in ('OWNER', 'ADMIN', 'AGENT')),
    is_active boolean not null default true,
    created_at timestamptz not null,
    last_seen_at timestamptz,
    primary key (tenant_id, id)
);

create table sessions (
    tenant_id uuid not null,
    id uuid not null,
    user_id uuid not null,
    refresh_hash bytea not null,
    previous_hash bytea,
    rotated_at timestamptz not null,
    created_at timestamptz not null,
    last_used_at timestamptz not null,
    expires_at timestamptz not null,
    revoked_at timestamptz,
    user_agent text,
    primary key (tenant_id, id),
    foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);
create index sessions_of_user on sessions (tenant_id, user_id);

create table api_keys (
    tenant_id uuid not null references tenants (id),
    id uuid not null,
    name text not null,
    scope text not null check (scope in ('READ', 'WRITE', 'ADMIN')),
    secret_hash bytea not null,
    hint text not null,
    created_by uuid,
    created_at timestamptz not null,
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz,
    primary key (tenant_id, id)
);

-- Invitations and password resets: single use, by a link.
create table links (
    tenant_id uuid not null references tenants (id),
    id uuid not null,
    kind text not null check (kind in ('INVITATION', 'RESET')),
    secret_hash bytea not null,
    email_enc bytea not null,
    role text not null check (role in ('OWNER', 'ADMIN', 'AGENT')),
    user_id uuid,
    created_by uuid,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz,
    primary key (tenant_id, id)
);

-- Failed sign-ins by keyed hash of account or address; holds no personal data.
create table auth_attempts (
    key_hash bytea primary key,
    failures integer not null,
    since timestamptz not null
);

create table whatsapp_numbers (
    tenant_id uuid not null references tenants (id),
    id uuid not null,
    phone_number_id text not null unique,
    waba_id text not null,
    display_phone_number text not null,
    verified_name text,
    access_token_enc bytea not null,
    access_token_hint text not null,
    app_secret_enc bytea not null,
    app_secret_hint text not null,
    verify_token_enc bytea not null,
    quality text not null default 'UNKNOWN',
    messaging_limit text,
    paused_reason text,
    last_webhook_at timestamptz,
    last_processed_at timestamptz,
    created_at timestamptz not null,
    primary key (tenant_id, id)
);
create index whatsapp_numbers_by_waba on whatsapp_numbers (waba_id);

create table contacts (
    tenant_id uuid not null references tenants (id),
    id uuid not null,
    profile_enc bytea not null,
    -- Keyed hash of the WhatsApp profile last seen: tells whether there is anything to update without opening it.
    seen_hash bytea not null,
    search bigint[] not null default '{}',
    source text not null check (source in ('INBOUND', 'IMPORT', 'MANUAL')),
    created_at timestamptz not null,
    version integer not null default 1,
    primary key (tenant_id, id)
);
create index contacts_search on contacts using gin (search);

-- How a person is found: phone number, business-scoped user id; since 2026 either may be missing.
create table contact_identities (
    tenant_id uuid not null,
    kind text not null check (kind in ('PHONE', 'BSUID')),
    value_hash bytea not null,
    value_enc bytea not null,
    contact_id uuid not null,
    created_at timestamptz not null,
    closed_at timestamptz,
    primary key (tenant_id, kind, value_hash),
    foreign key (tenant_id, contact_id) references contacts (tenant_id, id) deferrable initially deferred
);
create index contact_identities_of on contact_identities (tenant_id, contact_id);

create table conversations (
    tenant_id uuid not null,
    id uuid not null,
    contact_id uuid not null,
    number_id uuid not null,
    status text not null check (status in ('OPEN', 'PENDING', 'RESOLVED', 'SPAM')),
    assigned_user_id uuid,
    last_message_id uuid,
    last_message_at timestamptz not null,
    last_inbound_at timestamptz,
    -- Grows by one with each message that counts as unread; a reader remembers how far he has read.
    inbound_count integer not null default 0,
    first_response_at timestamptz,
    resolved_at timestamptz,
    created_at timestamptz not null,
    version integer not null default 1,
    primary key (tenant_id, id),
    unique (tenant_id, contact_id, number_id),
    foreign key (tenant_id, contact_id) references contacts (tenant_id, id) deferrable initially deferred,
    foreign key (tenant_id, number_id) references whatsapp_numbers (tenant_id, id),
    foreign key (tenant_id, assigned_user_id) references users (tenant_id, id)
) with (fillfactor = 80);
create index conversations_by_time on conversations (tenant_id, last_message_at desc, id desc);

create table conversation_reads (
    tenant_id uuid not null,
    conversation_id uuid not null,
    user_id uuid not null,
    read_count integer not null,
    read_at timestamptz not null,
    primary key (tenant_id, conversation_id, user_id),
    foreign key (tenant_id, conversation_id) references conversations (tenant_id, id) on delete cascade,
    foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);

-- Each opening of a conversation: analytics and monthly counts come from here.
create table conversation_sessions (
    tenant_id uuid not null,
    id uuid not null,
    conversation_id uuid not null,
    opened_at timestamptz not null,
    first_response_at timestamptz,
    resolved_at timestamptz,
    resolved_by uuid,
    primary key (tenant_id, id),
    foreign key (tenant_id, conversation_id) references conversations (tenant_id, id) on delete cascade
);
create unique index conversation_sessions_open on conversation_sessions (tenant_id, conversation_id)
    where resolved_at is null;

create table messages (
    tenant_id uuid not null,
    id uuid not null,
    conversation_id uuid not null,
    direction text not null check (direction in ('INBOUND', 'OUTBOUND')),
    kind text not null,
    body_enc bytea not null,
    status text not null check (status in ('QUEUED', 'SENT', 'DELIVERED', 'READ', 'FAILED', 'UNKNOWN')),
    sent_by text not null check (sent_by in ('CUSTOMER', 'USER', 'API_KEY', 'APP', 'SYSTEM')),
    sent_by_id uuid,
    -- Keyed: Meta's message ids hold the customer's number in base64.
    wamid_hash bytea,
    reply_to uuid,
    search bigint[],
    said_at timestamptz not null,
    sent_at timestamptz,
    delivered_at timestamptz,
    read_at timestamptz,
    error_code bigint,
    error_enc bytea,
    pricing text,
    client_key text,
    -- Set, and committed, before the provider is called: a send found with it but without an outcome is never repeated.
    call_started_at timestamptz,
    is_revoked boolean not null default false,
    is_edited boolean not null default false,
    created_at timestamptz not null,
    primary key (tenant_id, id),
    foreign key (tenant_id, conversation_id) references conversations (tenant_id, id) on delete cascade
);
create unique index messages_by_wamid on messages (tenant_id, wamid_hash) where wamid_hash is not null;
create index messages_of_conversation on messages (tenant_id, conversation_id, said_at desc, id desc);
create index messages_search on messages using gin (search) where search is not null;

create table message_reactions (
    tenant_id uuid not null,
    message_id uuid not null,
    -- CUSTOMER, or the id of the person of the business.
    by_whom text not null,
    emoji_enc bytea not null,
    at timestamptz not null,
    primary key (tenant_id, message_id, by_whom),
    foreign key (tenant_id, message_id) references messages (tenant_id, id) on delete cascade
);

create table media (
    tenant_id uuid not null,
    id uuid not null,
    message_id uuid not null,
    number_id uuid not null,
    provider_id_enc bytea not null,
    mime_type text not null,
    filename_enc bytea,
    state text not null check (state in ('PENDING', 'READY', 'FAILED', 'EXPIRED')),
    size_bytes bigint,
    created_at timestamptz not null,
    primary key (tenant_id, id),
    foreign key (tenant_id, message_id) references messages (tenant_id, id) on delete cascade
);

-- What Meta sent, as it sent it, for replay; the retention job removes it after seven days.
create table inbound_events (
    tenant_id uuid not null references tenants (id),
    -- 128 bits of a keyed hash of what identifies the event: a second delivery finds the row there.
    id uuid not null,
    number_id uuid,
    field text not null,
    kind text not null,
    payload_enc bytea not null,
    received_at timestamptz not null,
    -- Set where the event changed nothing: why.
    outcome text,
    primary key (tenant_id, id)
);
create index inbound_events_by_time on inbound_events using brin (received_at);

-- Work to be done. A row is what makes it certain; a stream entry only makes it quick.
create table jobs (
    tenant_id uuid not null,
    ordering_key bigint not null,
    id bigint generated always as identity,
    kind text not null check (kind in ('INBOUND', 'SEND', 'MEDIA')),
    ref_id uuid not null,
    state text not null default 'PENDING' check (state in ('PENDING', 'DEAD')),
    attempts smallint not null default 0,
    -- Not before this moment; null: at once.
    not_before timestamptz,
    -- When the sweep hands it out (again).
    sweep_at timestamptz not null,
    lease_until timestamptz,
    error text,
    created_at timestamptz not null,
    failed_at timestamptz,
    primary key (tenant_id, kind, ordering_key, id)
);
create index jobs_to_sweep on jobs (sweep_at) where state = 'PENDING';
create index jobs_dead on jobs (tenant_id, id) where state = 'DEAD';

create table idempotency_keys (
    tenant_id uuid not null references tenants (id),
    key_hash bytea not null,
    request_hash bytea not null,
    status smallint not null,
    response_enc bytea not null,
    created_at timestamptz not null,
    primary key (tenant_id, key_hash)
);

create table audit_log (
    tenant_id uuid not null references tenants (id),
    id uuid not null,
    at timestamptz not null,
    actor_kind text not null,
    actor_id uuid,
    action text not null,
    subject_kind text,
    subject_id uuid,
    detail jsonb not null default '{}',
    primary key (tenant_id, id)
);

-- Row-level security on every table of a tenant, forced, so that even the owner of the tables is held to it.
do $$
declare t text;
begin
    foreach t in array array['users', 'sessions', 'api_keys', 'links', 'whatsapp_numbers', 'contacts', 'contact_identities',
        'conversations', 'conversation_reads', 'conversation_sessions', 'messages', 'message_reactions', 'media',
        'inbound_events', 'jobs', 'idempotency_keys', 'audit_log'] loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format('create policy own_tenant on %I using (tenant_id = (select current_tenant())) with check (tenant_id = (select current_tenant()))', t);
        execute format('grant select, insert, update, delete on %I to tarun_app', t);
    end loop;
end $$;
alter table tenants enable row level security;
alter table tenants force row level security;
create policy own_tenant on tenants using (id = (select current_tenant())) with check (id = (select current_tenant()));
grant select, insert, update on tenants to tarun_app;
grant select, insert, update on installation to tarun_app;
grant select, insert, update, delete on auth_attempts to tarun_app;
-- Whoever breaks into the application can't rewrite what it did.
revoke update, delete on audit_log from tarun_app;

-- The narrow doors across tenants.
create function route_webhooks()
    returns table (tenant_id uuid, key_wrapped bytea, id uuid, phone_number_id text, waba_id text, app_secret_enc bytea, verify_token_enc bytea)
    language sql stable security definer set search_path = public
    as $$ select n.tenant_id, t.key_wrapped, n.id, n.phone_number_id, n.waba_id, n.app_secret_enc, n.verify_token_enc
          from whatsapp_numbers n join tenants t on t.id = n.tenant_id $$;

create function tenant_of_email(wanted bytea) returns uuid
    language sql stable security definer set search_path = public
    as $$ select tenant_id from users where email_hash = wanted $$;

create function due_jobs(now timestamptz, again timestamptz, how_many integer)
    returns table (tenant_id uuid, kind text, ordering_key bigint)
    language sql volatile security definer set search_path = public
    as $$ with due as (
              select j.tenant_id, j.kind, j.ordering_key, j.id from jobs j
              where j.state = 'PENDING' and j.sweep_at <= now
              order by j.sweep_at limit how_many for update skip locked)
          update jobs j set sweep_at = again from due
          where (j.tenant_id, j.kind, j.ordering_key, j.id) = (due.tenant_id, due.kind, due.ordering_key, due.id)
          returning j.tenant_id, j.kind, j.ordering_key $$;

create function wrapped_tenant_keys() returns table (tenant_id uuid, key_wrapped bytea)
    language sql stable security definer set search_path = public
    as $$ select id, key_wrapped from tenants $$;

create function job_backlog() returns table (kind text, state text, how_many bigint, oldest timestamptz)
    language sql stable security definer set search_path = public
    as $$ select kind, state, count(*), min(created_at) from jobs group by kind, state $$;

create function forget_before(events_before timestamptz, keys_before timestamptz, how_many integer) returns bigint
    language sql volatile security definer set search_path = public
    as $$ with keys as (delete from idempotency_keys where created_at < keys_before returning 1),
               gone as (delete from inbound_events e where (e.tenant_id, e.id) in (
                   select i.tenant_id, i.id from inbound_events i
                   where i.received_at < events_before
                     and not exists (select 1 from jobs j where j.tenant_id = i.tenant_id and j.kind = 'INBOUND' and j.ref_id = i.id)
                   limit how_many) returning 1)
          select count(*) from gone $$;

-- Array operators are not leakproof, so row-level security would keep the index from being used: the tenant is named here.
create function messages_matching(tokens bigint[], how_many integer) returns table (conversation_id uuid)
    language sql stable security definer set search_path = public
    as $$ select m.conversation_id from messages m where m.search @> tokens and m.tenant_id = current_tenant() limit how_many $$;

create function contacts_matching(tokens bigint[], how_many integer) returns table (id uuid)
    language sql stable security definer set search_path = public
    as $$ select c.id from contacts c where c.search @> tokens and c.tenant_id = current_tenant() limit how_many $$;

do $$
declare t text; f text;
begin
    foreach t in array array['tenants', 'users', 'whatsapp_numbers', 'jobs', 'messages', 'contacts', 'inbound_events', 'idempotency_keys'] loop
        execute format('create policy narrow_doors on %I to tarun_definer using (true)', t);
        execute format('grant select on %I to tarun_definer', t);
    end loop;
    grant update on jobs to tarun_definer;
    grant delete on inbound_events, idempotency_keys to tarun_definer;
    -- Handing a function over needs the right to create in its schema for a moment.
    grant create on schema public to tarun_definer;
    foreach f in array array['route_webhooks()', 'tenant_of_email(bytea)', 'due_jobs(timestamptz, timestamptz, integer)',
        'wrapped_tenant_keys()', 'job_backlog()', 'forget_before(timestamptz, timestamptz, integer)',
        'messages_matching(bigint[], integer)', 'contacts_matching(bigint[], integer)'] loop
        execute format('alter function %s owner to tarun_definer', f);
        execute format('revoke all on function %s from public', f);
        execute format('grant execute on function %s to tarun_app', f);
    end loop;
    revoke create on schema public from tarun_definer;
end $$;
grant execute on function current_tenant() to tarun_definer;
