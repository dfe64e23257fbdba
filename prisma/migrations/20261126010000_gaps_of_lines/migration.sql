-- AlterTable
ALTER TABLE "environment" ADD COLUMN     "webhooks_rejected_at" TIMESTAMPTZ(3);

-- CreateTable
CREATE TABLE "line_gaps" (
    "line_id" UUID NOT NULL,
    "complete_until" TIMESTAMPTZ(3) NOT NULL,
    "read_at" TIMESTAMPTZ(3) NOT NULL,
    "suspected_at" TIMESTAMPTZ(3),
    "cause" TEXT,
    "reading" JSONB,
    "looked_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "line_gaps_pkey" PRIMARY KEY ("line_id")
);
