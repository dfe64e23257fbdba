-- CreateTable
CREATE TABLE "chat_shares" (
    "chat_id" TEXT NOT NULL,
    "identity" TEXT,
    "shares" INTEGER NOT NULL,
    "refusals" INTEGER NOT NULL,
    "refused_at" TIMESTAMPTZ(3),

    CONSTRAINT "chat_shares_pkey" PRIMARY KEY ("chat_id")
);
