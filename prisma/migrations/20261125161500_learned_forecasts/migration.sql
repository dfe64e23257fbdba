-- AlterTable
ALTER TABLE "pools" ADD COLUMN     "learned" JSONB;

-- AlterTable
ALTER TABLE "user_rates" ADD COLUMN     "history_days" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "history_squares" DOUBLE PRECISION NOT NULL DEFAULT 0,
ADD COLUMN     "history_sum" DOUBLE PRECISION NOT NULL DEFAULT 0;

-- CreateTable
CREATE TABLE "pool_days" (
    "pool_id" UUID NOT NULL,
    "day" TEXT NOT NULL,
    "messages" DOUBLE PRECISION NOT NULL,
    "mean" DOUBLE PRECISION NOT NULL,
    "variance" DOUBLE PRECISION NOT NULL,

    CONSTRAINT "pool_days_pkey" PRIMARY KEY ("pool_id","day")
);
