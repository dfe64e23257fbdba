-- AlterTable
ALTER TABLE "lines" ADD COLUMN     "budget_band" INTEGER NOT NULL DEFAULT 0;
