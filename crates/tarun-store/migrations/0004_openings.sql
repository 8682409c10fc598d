-- Who has opened which conversation stands in the log once in a quarter of an hour, however many pages and processes it took.
create unique index audit_log_openings on audit_log
    (tenant_id, actor_id, subject_id, date_bin('15 minutes', at, timestamptz '2000-01-01 00:00:00+00'))
    where action = 'conversation.opened';
