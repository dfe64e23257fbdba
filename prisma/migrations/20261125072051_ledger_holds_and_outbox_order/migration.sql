-- AlterTable
ALTER TABLE "outbox_events" ADD COLUMN     "xid" xid8 NOT NULL DEFAULT pg_current_xact_id();

-- CreateTable
CREATE TABLE "ledger_holds" (
    "id" UUID NOT NULL,
    "line_id" UUID NOT NULL,
    "recipient" UUID NOT NULL,
    "units" INTEGER NOT NULL,
    "bursts" BOOLEAN NOT NULL,
    "new_conversation" BOOLEAN NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "ledger_holds_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "ledger_holds_line_id_idx" ON "ledger_holds"("line_id");
