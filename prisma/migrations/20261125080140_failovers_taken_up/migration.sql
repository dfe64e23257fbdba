-- AlterTable
ALTER TABLE "failovers" ADD COLUMN     "taken_up_at" TIMESTAMPTZ(3);
