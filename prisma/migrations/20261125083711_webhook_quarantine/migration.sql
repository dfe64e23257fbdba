-- AlterTable
ALTER TABLE "environment" ADD COLUMN     "webhook_rotation_until" TIMESTAMPTZ(3);

-- CreateTable
CREATE TABLE "quarantined_webhooks" (
    "id" TEXT NOT NULL,
    "body" BYTEA NOT NULL,
    "headers" JSONB NOT NULL,
    "source" TEXT NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "quarantined_webhooks_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "quarantined_webhooks_expires_at_idx" ON "quarantined_webhooks"("expires_at");
