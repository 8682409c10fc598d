-- A person left the message as not delivered: nothing is to be decided about it any more.
alter table messages add column is_discarded boolean not null default false;
