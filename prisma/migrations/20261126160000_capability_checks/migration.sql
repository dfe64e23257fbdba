-- CreateTable
CREATE TABLE "handle_checks" (
    "handle" TEXT NOT NULL,
    "pool_id" UUID NOT NULL,
    "imessage" BOOLEAN,
    "checked_at" TIMESTAMPTZ(3),
    "expires_at" TIMESTAMPTZ(3),
    "asked_at" TIMESTAMPTZ(3) NOT NULL,
    "attempts" INTEGER NOT NULL,
    "next_at" TIMESTAMPTZ(3),
    "problem" TEXT,

    CONSTRAINT "handle_checks_pkey" PRIMARY KEY ("handle")
);

-- CreateTable
CREATE TABLE "check_slots" (
    "slot" TEXT NOT NULL,
    "free_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "check_slots_pkey" PRIMARY KEY ("slot")
);

-- CreateIndex
CREATE INDEX "handle_checks_pool_id_next_at_idx" ON "handle_checks"("pool_id", "next_at");

-- AddForeignKey
ALTER TABLE "handle_checks" ADD CONSTRAINT "handle_checks_handle_fkey" FOREIGN KEY ("handle") REFERENCES "handles"("value") ON DELETE CASCADE ON UPDATE CASCADE;
