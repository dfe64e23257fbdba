-- AlterTable
ALTER TABLE "lines" ADD COLUMN     "api_version" TEXT NOT NULL DEFAULT 'v3',
ADD COLUMN     "earlier_versions" JSONB NOT NULL DEFAULT '[]';

-- AlterTable
ALTER TABLE "quarantined_webhooks" ADD COLUMN     "api_version" TEXT NOT NULL DEFAULT 'v3';

-- AlterTable
ALTER TABLE "webhook_subscriptions" ADD COLUMN     "api_version" TEXT NOT NULL DEFAULT 'v3';

-- CreateTable
CREATE TABLE "open_outcomes" (
    "message_id" TEXT NOT NULL,
    "sent_at" TIMESTAMPTZ(3) NOT NULL,
    "asked" INTEGER NOT NULL,
    "next_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "open_outcomes_pkey" PRIMARY KEY ("message_id")
);

-- CreateIndex
CREATE INDEX "open_outcomes_next_at_idx" ON "open_outcomes"("next_at");
