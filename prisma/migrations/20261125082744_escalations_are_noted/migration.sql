-- AlterTable
ALTER TABLE "assignments" ADD COLUMN     "escalated_hours" INTEGER NOT NULL DEFAULT 0;
