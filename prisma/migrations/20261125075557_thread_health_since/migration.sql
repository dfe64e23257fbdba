-- AlterTable
ALTER TABLE "chats" ADD COLUMN     "health_at" TIMESTAMPTZ(3);
