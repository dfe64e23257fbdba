-- An event or a send leaves these indexes when it is done, instead of being written into each of them again.
DROP INDEX "inbox_events_state_seq_idx";
DROP INDEX "inbox_events_order_key_state_idx";
DROP INDEX "inbox_events_next_attempt_at_idx";
DROP INDEX "sends_state_expires_at_idx";
CREATE INDEX "inbox_events_pending_seq_idx" ON "inbox_events" ("seq") WHERE "state" = 'pending';
CREATE INDEX "inbox_events_pending_order_key_idx" ON "inbox_events" ("order_key") WHERE "state" = 'pending';
CREATE INDEX "inbox_events_pending_next_attempt_at_idx" ON "inbox_events" ("next_attempt_at") WHERE "state" = 'pending';
CREATE INDEX "inbox_events_dead_processed_at_idx" ON "inbox_events" ("processed_at") WHERE "state" = 'dead';
CREATE INDEX "sends_unsettled_expires_at_idx" ON "sends" ("expires_at") WHERE "state" IN ('open', 'unknown');

-- Rows that change with every message find room on their own page: then no index has to be written for the change.
ALTER TABLE "lines" SET (fillfactor = 50);
ALTER TABLE "line_hours" SET (fillfactor = 50);
ALTER TABLE "line_days" SET (fillfactor = 70);
ALTER TABLE "user_days" SET (fillfactor = 70);
ALTER TABLE "conversations" SET (fillfactor = 70);
ALTER TABLE "messages" SET (fillfactor = 80);
ALTER TABLE "known_numbers" SET (fillfactor = 80);
ALTER TABLE "line_pairs" SET (fillfactor = 50);
