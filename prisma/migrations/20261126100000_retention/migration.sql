-- CreateIndex
CREATE INDEX "inbox_events_received_at_idx" ON "inbox_events" USING BRIN ("received_at");

-- CreateIndex
CREATE INDEX "sends_admitted_at_idx" ON "sends" USING BRIN ("admitted_at");
