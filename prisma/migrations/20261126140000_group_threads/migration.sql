-- AlterTable
ALTER TABLE "chats" ADD COLUMN     "alias_of" TEXT;

-- AlterTable
ALTER TABLE "sends" ADD COLUMN     "group_chat_id" TEXT;

-- CreateIndex
CREATE INDEX "chats_alias_of_idx" ON "chats"("alias_of");
