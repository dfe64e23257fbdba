-- CreateTable
CREATE TABLE "erased_opt_outs" (
    "handle_hash" TEXT NOT NULL,
    "suppressed_at" TIMESTAMPTZ(3) NOT NULL,
    "erased_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "erased_opt_outs_pkey" PRIMARY KEY ("handle_hash")
);
