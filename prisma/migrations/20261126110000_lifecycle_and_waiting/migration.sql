-- AlterTable
ALTER TABLE "lines" ADD COLUMN     "auto_typing" TEXT,
ADD COLUMN     "capability" TEXT,
ADD COLUMN     "capability_at" TIMESTAMPTZ(3),
ADD COLUMN     "forwarding_number" TEXT,
ADD COLUMN     "maintenance_closes_at" TIMESTAMPTZ(3),
ADD COLUMN     "maintenance_ended_at" TIMESTAMPTZ(3),
ADD COLUMN     "maintenance_from" TIMESTAMPTZ(3),
ADD COLUMN     "maintenance_mode" TEXT,
ADD COLUMN     "maintenance_resume" TEXT,
ADD COLUMN     "maintenance_until" TIMESTAMPTZ(3),
ADD COLUMN     "missing_since" TIMESTAMPTZ(3),
ADD COLUMN     "successor_id" UUID,
ADD COLUMN     "waived_checks" TEXT[] DEFAULT ARRAY[]::TEXT[],
ADD COLUMN     "wanted_forwarding" TEXT;

-- AlterTable
ALTER TABLE "failovers" ADD COLUMN     "groups_escalated_hours" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "held_because" TEXT,
ADD COLUMN     "moves_per_hour" INTEGER;

-- CreateTable
CREATE TABLE "wait_list" (
    "user_id" UUID NOT NULL,
    "pool_id" UUID NOT NULL,
    "seq" BIGSERIAL NOT NULL,
    "started_by" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "since" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "wait_list_pkey" PRIMARY KEY ("pool_id","user_id")
);

-- CreateTable
CREATE TABLE "text_bursts" (
    "text_hash" TEXT NOT NULL,
    "send_ids" UUID[],
    "ats" TIMESTAMPTZ(3)[],

    CONSTRAINT "text_bursts_pkey" PRIMARY KEY ("text_hash")
);

-- CreateTable
CREATE TABLE "loss_reports" (
    "pool_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "policy_version" INTEGER NOT NULL,
    "body" JSONB NOT NULL,
    "capacity_low_since" TIMESTAMPTZ(3),
    "coverage_low_since" TIMESTAMPTZ(3),

    CONSTRAINT "loss_reports_pkey" PRIMARY KEY ("pool_id")
);

-- CreateIndex
CREATE UNIQUE INDEX "wait_list_seq_key" ON "wait_list"("seq");

-- CreateIndex
CREATE INDEX "wait_list_user_id_idx" ON "wait_list"("user_id");
