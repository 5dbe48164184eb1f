-- What each process may do in the database. Run it as the owner of the tables (the account that
-- `intake migrate` uses), after every migration; running it again changes nothing.
--
-- Four groups; give each process a login of its own that is a member of one of them:
--   CREATE ROLE gateway_1 LOGIN PASSWORD '...' IN ROLE intake_web;
--
--   intake_web      gateway with console: people's data, accounts, reads the audit log
--   intake_worker   worker and action server: the turns; no accounts, writes the audit log unseen
--   intake_sender   sender: what goes out, reminders, erasure and retention
--   intake_reader   figures for a report: counts and times, no content, no identifiers
--
-- None of them owns a table, so none can drop or change one, or switch a trigger off; the audit log
-- can be added to and, but for the text of a reason when a person is erased, not be changed.

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['intake_web', 'intake_worker', 'intake_sender', 'intake_reader'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', name);
        END IF;
    END LOOP;
END
$$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, intake_web, intake_worker, intake_sender,
    intake_reader;
GRANT USAGE ON SCHEMA public TO intake_web, intake_worker, intake_sender, intake_reader;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO intake_web, intake_worker, intake_sender;

-- The wrapped lookup key, and which version the tables have.
GRANT SELECT ON secrets, alembic_version TO intake_web, intake_worker, intake_sender;

-- Everybody who acts adds to the audit log; `seq` is given back with each new entry.
GRANT INSERT ON audit TO intake_web, intake_worker, intake_sender;
GRANT SELECT (seq) ON audit TO intake_worker, intake_sender;
GRANT SELECT, INSERT, UPDATE ON audit_head TO intake_web, intake_worker, intake_sender;

-- Conversations, queues and cases.
GRANT SELECT, INSERT, UPDATE ON
    conversations, receipts, messages, due, link_codes, beats, button_tokens, delivery_events, turns,
    cases, facts, case_terms, assessments, checklist_items, indexed_words, talk_figures, index_mark
    TO intake_web, intake_worker, intake_sender;
GRANT DELETE ON due, link_codes, case_terms, checklist_items
    TO intake_web, intake_worker, intake_sender;

-- What only coordinators write.
GRANT SELECT, INSERT, UPDATE, DELETE ON
    notes, case_tags, mentions, misreadings, objections, saved_views, users, sessions TO intake_web;
GRANT SELECT ON audit TO intake_web;

-- Erasing and retention: rows that refer to a conversation go with it.
GRANT DELETE ON conversations, receipts, turns TO intake_web, intake_sender;
GRANT UPDATE (reason) ON audit TO intake_web, intake_sender;
GRANT SELECT (object, reason) ON audit TO intake_sender;
GRANT SELECT (expires_at), DELETE ON sessions TO intake_sender;
-- What an erasure counts before it says what is gone.
GRANT SELECT ON notes, case_tags, mentions, misreadings, objections TO intake_sender;
GRANT DELETE ON misreadings TO intake_sender;

-- Times and states only.
GRANT SELECT (channel, created_at, last_inbound_at, stopped_at) ON conversations TO intake_reader;
GRANT SELECT (channel, language, state, desk, urgent, created_at, updated_at, queue_rank, consented,
    missing_critical) ON cases TO intake_reader;
GRANT SELECT (author, kind, state, created_at, updated_at) ON messages TO intake_reader;
