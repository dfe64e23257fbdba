-- AlterTable
ALTER TABLE "pools" ADD COLUMN     "shed_classes" TEXT[] DEFAULT ARRAY[]::TEXT[];

-- AlterTable
ALTER TABLE "chats" ADD COLUMN     "imessage_seen_at" TIMESTAMPTZ(3);

-- CreateTable
CREATE TABLE "line_evidence" (
    "line_id" UUID NOT NULL,
    "evidence" DOUBLE PRECISION NOT NULL,
    "silence" DOUBLE PRECISION NOT NULL,
    "suspect_since" TIMESTAMPTZ(3),
    "good_since" INTEGER NOT NULL,
    "alarmed_at" TIMESTAMPTZ(3),
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "line_evidence_pkey" PRIMARY KEY ("line_id")
);

-- CreateTable
CREATE TABLE "recipient_outcomes" (
    "line_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "bad" BOOLEAN NOT NULL,
    "taken" BOOLEAN NOT NULL,

    CONSTRAINT "recipient_outcomes_pkey" PRIMARY KEY ("line_id","user_id")
);

-- CreateTable
CREATE TABLE "canary_probes" (
    "message_id" TEXT NOT NULL,
    "line_id" UUID NOT NULL,
    "handle" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "canary_probes_pkey" PRIMARY KEY ("message_id")
);

-- CreateIndex
CREATE INDEX "recipient_outcomes_taken_idx" ON "recipient_outcomes"("taken");

-- CreateIndex
CREATE INDEX "recipient_outcomes_at_idx" ON "recipient_outcomes"("at");

-- CreateIndex
CREATE INDEX "canary_probes_at_idx" ON "canary_probes"("at");
