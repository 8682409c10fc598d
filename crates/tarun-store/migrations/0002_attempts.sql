-- Which sending of a message a report is about, and how often a job was refused without that costing it an attempt.

-- Grows when a person sends a message again; goes to WhatsApp with the message and comes back with its reports.
alter table messages add column attempt smallint not null default 1;

-- Limits that made the job wait. `attempts` counts every lease, so that each holder has a number of its own.
alter table jobs add column refusals smallint not null default 0;
