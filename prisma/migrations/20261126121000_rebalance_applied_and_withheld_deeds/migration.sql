-- AlterTable
ALTER TABLE "proposals" ADD COLUMN     "applied_at" TIMESTAMPTZ(3),
ADD COLUMN     "result" JSONB,
ADD COLUMN     "version" INTEGER NOT NULL DEFAULT 1;

-- CreateTable
CREATE TABLE "withheld_deeds" (
    "week" TEXT NOT NULL,
    "actuator" TEXT NOT NULL,
    "would_be" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "times" INTEGER NOT NULL,
    "last_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "withheld_deeds_pkey" PRIMARY KEY ("week","actuator","would_be","subject")
);

-- CreateIndex
CREATE INDEX "assignment_history_at_idx" ON "assignment_history"("at");
