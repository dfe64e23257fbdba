-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateTable
CREATE TABLE "environment" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "name" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "frozen_at" TIMESTAMPTZ(3),
    "actuators" JSONB NOT NULL,

    CONSTRAINT "environment_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "pools" (
    "id" UUID NOT NULL,
    "slug" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "time_zone" TEXT NOT NULL,
    "card_profile" JSONB NOT NULL,
    "card_revised_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "pools_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "lines" (
    "id" UUID NOT NULL,
    "pool_id" UUID NOT NULL,
    "phone_number" TEXT NOT NULL,
    "provider_line_id" TEXT,
    "listed_at" TIMESTAMPTZ(3),
    "managed" BOOLEAN NOT NULL,
    "admin_state" TEXT NOT NULL,
    "admin_state_by" TEXT NOT NULL,
    "admin_reason" TEXT NOT NULL,
    "health" TEXT NOT NULL,
    "health_reason" TEXT,
    "provider_status" TEXT NOT NULL,
    "provider_status_at" TIMESTAMPTZ(6),
    "reputation" TEXT NOT NULL,
    "reputation_seen_at" TIMESTAMPTZ(3),
    "budget_per_day" INTEGER NOT NULL,
    "good_days" INTEGER NOT NULL,
    "warming_until" TIMESTAMPTZ(3),
    "activated_at" TIMESTAMPTZ(3),
    "ejected_at" TIMESTAMPTZ(3),
    "ejections" INTEGER NOT NULL,
    "banned_until" TIMESTAMPTZ(3),
    "ramp_hold_until" TIMESTAMPTZ(3),
    "drain_deadline" TIMESTAMPTZ(3),
    "users" INTEGER NOT NULL,
    "mean_milli" BIGINT NOT NULL,
    "variance_milli" BIGINT NOT NULL,
    "fallback_users" INTEGER NOT NULL,
    "new_users_today" INTEGER NOT NULL,
    "new_users_day" TEXT NOT NULL,
    "epoch" INTEGER NOT NULL,
    "contact_card_active" BOOLEAN NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "lines_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "users" (
    "id" UUID NOT NULL,
    "external_id" TEXT,
    "time_zone" TEXT,
    "labels" JSONB NOT NULL,
    "consent" JSONB,
    "expected_per_day" DOUBLE PRECISION,
    "discovered" BOOLEAN NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "erased_at" TIMESTAMPTZ(3),

    CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "handles" (
    "value" TEXT NOT NULL,
    "user_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "handles_pkey" PRIMARY KEY ("value")
);

-- CreateTable
CREATE TABLE "suppressions" (
    "user_id" UUID NOT NULL,
    "suppressed_at" TIMESTAMPTZ(3),
    "source" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "reply_allowed_until" TIMESTAMPTZ(3),
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "suppressions_pkey" PRIMARY KEY ("user_id")
);

-- CreateTable
CREATE TABLE "user_rates" (
    "user_id" UUID NOT NULL,
    "a" DOUBLE PRECISION NOT NULL,
    "b" DOUBLE PRECISION NOT NULL,
    "closed_day" TEXT NOT NULL,

    CONSTRAINT "user_rates_pkey" PRIMARY KEY ("user_id")
);

-- CreateTable
CREATE TABLE "assignments" (
    "id" UUID NOT NULL,
    "pool_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "line_id" UUID NOT NULL,
    "epoch" INTEGER NOT NULL,
    "state" TEXT NOT NULL,
    "started_by" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(3),
    "first_send_at" TIMESTAMPTZ(3),
    "confirmed_at" TIMESTAMPTZ(3),
    "pinned" BOOLEAN NOT NULL,
    "mean_milli" BIGINT NOT NULL,
    "variance_milli" BIGINT NOT NULL,
    "policy_version" INTEGER NOT NULL,
    "explanation" JSONB NOT NULL,
    "needs_introduction_since" TIMESTAMPTZ(3),
    "last_moved_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "assignments_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "assignment_fallbacks" (
    "assignment_id" UUID NOT NULL,
    "position" INTEGER NOT NULL,
    "line_id" UUID NOT NULL,

    CONSTRAINT "assignment_fallbacks_pkey" PRIMARY KEY ("assignment_id","position")
);

-- CreateTable
CREATE TABLE "assignment_history" (
    "assignment_id" UUID NOT NULL,
    "epoch" INTEGER NOT NULL,
    "from_line_id" UUID,
    "to_line_id" UUID NOT NULL,
    "from_state" TEXT,
    "to_state" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "policy_version" INTEGER NOT NULL,
    "failover_id" UUID,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "assignment_history_pkey" PRIMARY KEY ("assignment_id","epoch")
);

-- CreateTable
CREATE TABLE "reservation_codes" (
    "code_hash" TEXT NOT NULL,
    "assignment_id" UUID NOT NULL,
    "key_id" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "used_at" TIMESTAMPTZ(3),

    CONSTRAINT "reservation_codes_pkey" PRIMARY KEY ("code_hash")
);

-- CreateTable
CREATE TABLE "conversations" (
    "id" UUID NOT NULL,
    "pool_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "active_line_id" UUID,
    "last_inbound_at" TIMESTAMPTZ(3),
    "last_outbound_at" TIMESTAMPTZ(3),
    "last_unsolicited_turn_at" TIMESTAMPTZ(3),
    "outbound_turns" INTEGER NOT NULL,
    "unanswered_turns" INTEGER NOT NULL,
    "pull_turns" JSONB NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "conversations_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "chats" (
    "id" TEXT NOT NULL,
    "conversation_id" UUID,
    "line_id" UUID NOT NULL,
    "is_group" BOOLEAN NOT NULL,
    "health" TEXT NOT NULL,
    "service" TEXT,
    "started_by" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "last_activity_at" TIMESTAMPTZ(3) NOT NULL,
    "last_shared_at" TIMESTAMPTZ(3),
    "shares" INTEGER NOT NULL,

    CONSTRAINT "chats_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "messages" (
    "id" TEXT NOT NULL,
    "line_id" UUID NOT NULL,
    "chat_id" TEXT,
    "user_id" UUID,
    "direction" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "status" TEXT NOT NULL,
    "failure_code" INTEGER,
    "idempotency_key" TEXT,
    "send_id" UUID,
    "class" TEXT,
    "recorded_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "messages_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "sends" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "line_id" UUID NOT NULL,
    "assignment_epoch" INTEGER NOT NULL,
    "class" TEXT NOT NULL,
    "messages" INTEGER NOT NULL,
    "settled_messages" INTEGER NOT NULL,
    "new_conversation" BOOLEAN NOT NULL,
    "state" TEXT NOT NULL,
    "policy_version" INTEGER NOT NULL,
    "admitted_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "closed_at" TIMESTAMPTZ(3),

    CONSTRAINT "sends_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "line_hours" (
    "line_id" UUID NOT NULL,
    "hour" INTEGER NOT NULL,
    "in" INTEGER NOT NULL,
    "out" INTEGER NOT NULL,
    "started" INTEGER NOT NULL,

    CONSTRAINT "line_hours_pkey" PRIMARY KEY ("line_id","hour")
);

-- CreateTable
CREATE TABLE "user_days" (
    "user_id" UUID NOT NULL,
    "day" TEXT NOT NULL,
    "in" INTEGER NOT NULL,
    "out" INTEGER NOT NULL,

    CONSTRAINT "user_days_pkey" PRIMARY KEY ("user_id","day")
);

-- CreateTable
CREATE TABLE "line_days" (
    "line_id" UUID NOT NULL,
    "day" TEXT NOT NULL,
    "in" INTEGER NOT NULL,
    "out" INTEGER NOT NULL,
    "recipients" INTEGER NOT NULL,
    "replied" INTEGER NOT NULL,
    "failures" INTEGER NOT NULL,
    "opt_outs" INTEGER NOT NULL,
    "cap_before" INTEGER NOT NULL,
    "cap_after" INTEGER NOT NULL,
    "outcome" TEXT NOT NULL,
    "reasons" JSONB NOT NULL,
    "closed_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "line_days_pkey" PRIMARY KEY ("line_id","day")
);

-- CreateTable
CREATE TABLE "cards" (
    "version" TEXT NOT NULL,
    "pool_id" UUID NOT NULL,
    "numbers" TEXT[],
    "vcf" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "cards_pkey" PRIMARY KEY ("version")
);

-- CreateTable
CREATE TABLE "cards_sent" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "version" TEXT NOT NULL,
    "channel" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "cards_sent_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "known_numbers" (
    "user_id" UUID NOT NULL,
    "line_id" UUID NOT NULL,
    "sureness" TEXT NOT NULL,
    "position" INTEGER NOT NULL,
    "first_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "known_numbers_pkey" PRIMARY KEY ("user_id","line_id")
);

-- CreateTable
CREATE TABLE "inbox_events" (
    "event_id" TEXT NOT NULL,
    "seq" BIGSERIAL NOT NULL,
    "event_type" TEXT NOT NULL,
    "order_key" TEXT NOT NULL,
    "body" TEXT NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL,
    "state" TEXT NOT NULL,
    "attempts" INTEGER NOT NULL,
    "next_attempt_at" TIMESTAMPTZ(3) NOT NULL,
    "processed_at" TIMESTAMPTZ(3),
    "last_error" TEXT,

    CONSTRAINT "inbox_events_pkey" PRIMARY KEY ("event_id")
);

-- CreateTable
CREATE TABLE "outbox_events" (
    "seq" BIGSERIAL NOT NULL,
    "id" UUID NOT NULL,
    "type" TEXT NOT NULL,
    "data" JSONB NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "outbox_events_pkey" PRIMARY KEY ("seq")
);

-- CreateTable
CREATE TABLE "failovers" (
    "id" UUID NOT NULL,
    "line_id" UUID NOT NULL,
    "line_epoch" INTEGER NOT NULL,
    "cause" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "policy_version" INTEGER NOT NULL,
    "users_total" INTEGER NOT NULL,
    "users_moved" INTEGER NOT NULL,
    "users_stranded" INTEGER NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "eta_at" TIMESTAMPTZ(3),
    "deadline" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "failovers_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "failover_moves" (
    "failover_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "to_line_id" UUID,
    "priority" INTEGER NOT NULL,
    "mode" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "epoch" INTEGER NOT NULL,
    "contact_slot_at" TIMESTAMPTZ(3),
    "contacted_at" TIMESTAMPTZ(3),
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "failover_moves_pkey" PRIMARY KEY ("failover_id","user_id")
);

-- CreateTable
CREATE TABLE "proposals" (
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "body" JSONB NOT NULL,
    "policy_version" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "proposals_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "policy_versions" (
    "version" INTEGER NOT NULL,
    "document" JSONB NOT NULL,
    "actor" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "policy_versions_pkey" PRIMARY KEY ("version")
);

-- CreateTable
CREATE TABLE "audit" (
    "id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "actor" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "subject_type" TEXT NOT NULL,
    "subject_id" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "change" JSONB NOT NULL,
    "policy_version" INTEGER NOT NULL,

    CONSTRAINT "audit_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "api_keys" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "prefix" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "pool_ids" UUID[],
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "api_keys_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "page_sessions" (
    "token_hash" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "used_at" TIMESTAMPTZ(3),

    CONSTRAINT "page_sessions_pkey" PRIMARY KEY ("token_hash")
);

-- CreateTable
CREATE TABLE "leases" (
    "name" TEXT NOT NULL,
    "token" BIGINT NOT NULL,
    "holder" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "leases_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "job_runs" (
    "name" TEXT NOT NULL,
    "last_run_at" TIMESTAMPTZ(3) NOT NULL,
    "last_result" JSONB NOT NULL,
    "last_error" TEXT,

    CONSTRAINT "job_runs_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "idempotency_records" (
    "key" TEXT NOT NULL,
    "request_hash" TEXT NOT NULL,
    "status" INTEGER,
    "response" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "idempotency_records_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "webhook_subscriptions" (
    "id" TEXT NOT NULL,
    "target_url" TEXT NOT NULL,
    "secret" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "last_verified_at" TIMESTAMPTZ(3),
    "retired_at" TIMESTAMPTZ(3),

    CONSTRAINT "webhook_subscriptions_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "pools_slug_key" ON "pools"("slug");

-- CreateIndex
CREATE UNIQUE INDEX "lines_phone_number_key" ON "lines"("phone_number");

-- CreateIndex
CREATE INDEX "lines_pool_id_idx" ON "lines"("pool_id");

-- CreateIndex
CREATE UNIQUE INDEX "users_external_id_key" ON "users"("external_id");

-- CreateIndex
CREATE INDEX "handles_user_id_idx" ON "handles"("user_id");

-- CreateIndex
CREATE INDEX "assignments_line_id_state_idx" ON "assignments"("line_id", "state");

-- CreateIndex
CREATE INDEX "assignments_user_id_idx" ON "assignments"("user_id");

-- CreateIndex
CREATE INDEX "assignments_state_expires_at_idx" ON "assignments"("state", "expires_at");

-- CreateIndex
CREATE UNIQUE INDEX "assignments_pool_id_user_id_key" ON "assignments"("pool_id", "user_id");

-- CreateIndex
CREATE INDEX "assignment_fallbacks_line_id_idx" ON "assignment_fallbacks"("line_id");

-- CreateIndex
CREATE UNIQUE INDEX "reservation_codes_assignment_id_key" ON "reservation_codes"("assignment_id");

-- CreateIndex
CREATE INDEX "reservation_codes_key_id_used_at_idx" ON "reservation_codes"("key_id", "used_at");

-- CreateIndex
CREATE UNIQUE INDEX "conversations_pool_id_user_id_key" ON "conversations"("pool_id", "user_id");

-- CreateIndex
CREATE INDEX "chats_conversation_id_idx" ON "chats"("conversation_id");

-- CreateIndex
CREATE INDEX "chats_line_id_created_at_idx" ON "chats"("line_id", "created_at");

-- CreateIndex
CREATE INDEX "chats_last_activity_at_idx" ON "chats"("last_activity_at");

-- CreateIndex
CREATE INDEX "messages_user_id_at_idx" ON "messages"("user_id", "at");

-- CreateIndex
CREATE INDEX "messages_line_id_at_idx" ON "messages"("line_id", "at");

-- CreateIndex
CREATE INDEX "messages_chat_id_idx" ON "messages"("chat_id");

-- CreateIndex
CREATE INDEX "sends_state_expires_at_idx" ON "sends"("state", "expires_at");

-- CreateIndex
CREATE INDEX "sends_user_id_admitted_at_idx" ON "sends"("user_id", "admitted_at");

-- CreateIndex
CREATE INDEX "sends_line_id_admitted_at_idx" ON "sends"("line_id", "admitted_at");

-- CreateIndex
CREATE INDEX "user_days_day_idx" ON "user_days"("day");

-- CreateIndex
CREATE INDEX "cards_sent_user_id_idx" ON "cards_sent"("user_id");

-- CreateIndex
CREATE INDEX "known_numbers_line_id_idx" ON "known_numbers"("line_id");

-- CreateIndex
CREATE UNIQUE INDEX "inbox_events_seq_key" ON "inbox_events"("seq");

-- CreateIndex
CREATE INDEX "inbox_events_state_seq_idx" ON "inbox_events"("state", "seq");

-- CreateIndex
CREATE INDEX "inbox_events_state_order_key_seq_idx" ON "inbox_events"("state", "order_key", "seq");

-- CreateIndex
CREATE UNIQUE INDEX "outbox_events_id_key" ON "outbox_events"("id");

-- CreateIndex
CREATE INDEX "outbox_events_at_idx" ON "outbox_events"("at");

-- CreateIndex
CREATE INDEX "failovers_state_idx" ON "failovers"("state");

-- CreateIndex
CREATE UNIQUE INDEX "failovers_line_id_line_epoch_key" ON "failovers"("line_id", "line_epoch");

-- CreateIndex
CREATE INDEX "failover_moves_user_id_idx" ON "failover_moves"("user_id");

-- CreateIndex
CREATE INDEX "failover_moves_to_line_id_state_idx" ON "failover_moves"("to_line_id", "state");

-- CreateIndex
CREATE INDEX "proposals_kind_at_idx" ON "proposals"("kind", "at");

-- CreateIndex
CREATE INDEX "audit_at_idx" ON "audit"("at");

-- CreateIndex
CREATE INDEX "audit_subject_type_subject_id_idx" ON "audit"("subject_type", "subject_id");

-- CreateIndex
CREATE UNIQUE INDEX "api_keys_prefix_key" ON "api_keys"("prefix");

-- CreateIndex
CREATE INDEX "idempotency_records_created_at_idx" ON "idempotency_records"("created_at");

-- AddForeignKey
ALTER TABLE "lines" ADD CONSTRAINT "lines_pool_id_fkey" FOREIGN KEY ("pool_id") REFERENCES "pools"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "handles" ADD CONSTRAINT "handles_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "suppressions" ADD CONSTRAINT "suppressions_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "user_rates" ADD CONSTRAINT "user_rates_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "assignments" ADD CONSTRAINT "assignments_pool_id_fkey" FOREIGN KEY ("pool_id") REFERENCES "pools"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "assignments" ADD CONSTRAINT "assignments_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "assignments" ADD CONSTRAINT "assignments_line_id_fkey" FOREIGN KEY ("line_id") REFERENCES "lines"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "assignment_fallbacks" ADD CONSTRAINT "assignment_fallbacks_assignment_id_fkey" FOREIGN KEY ("assignment_id") REFERENCES "assignments"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "assignment_fallbacks" ADD CONSTRAINT "assignment_fallbacks_line_id_fkey" FOREIGN KEY ("line_id") REFERENCES "lines"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "assignment_history" ADD CONSTRAINT "assignment_history_assignment_id_fkey" FOREIGN KEY ("assignment_id") REFERENCES "assignments"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "reservation_codes" ADD CONSTRAINT "reservation_codes_assignment_id_fkey" FOREIGN KEY ("assignment_id") REFERENCES "assignments"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "conversations" ADD CONSTRAINT "conversations_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "chats" ADD CONSTRAINT "chats_conversation_id_fkey" FOREIGN KEY ("conversation_id") REFERENCES "conversations"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "known_numbers" ADD CONSTRAINT "known_numbers_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "failover_moves" ADD CONSTRAINT "failover_moves_failover_id_fkey" FOREIGN KEY ("failover_id") REFERENCES "failovers"("id") ON DELETE CASCADE ON UPDATE CASCADE;
