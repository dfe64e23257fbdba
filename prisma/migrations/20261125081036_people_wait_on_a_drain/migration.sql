-- AlterTable
ALTER TABLE "failovers" ADD COLUMN     "users_waiting" INTEGER NOT NULL DEFAULT 0;
