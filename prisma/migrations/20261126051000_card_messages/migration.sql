-- AlterTable
ALTER TABLE "cards" ADD COLUMN     "attachment_id" TEXT;

-- CreateTable
CREATE TABLE "card_messages" (
    "send_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "version" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "card_messages_pkey" PRIMARY KEY ("send_id")
);

-- CreateIndex
CREATE INDEX "card_messages_user_id_at_idx" ON "card_messages"("user_id", "at");

-- CreateIndex
CREATE INDEX "card_messages_state_idx" ON "card_messages"("state");
