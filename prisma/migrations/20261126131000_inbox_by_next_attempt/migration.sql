-- DropIndex
DROP INDEX "inbox_events_state_order_key_seq_idx";

-- CreateIndex
CREATE INDEX "inbox_events_order_key_state_idx" ON "inbox_events"("order_key", "state");

-- CreateIndex
CREATE INDEX "inbox_events_next_attempt_at_idx" ON "inbox_events"("next_attempt_at");
