-- AlterTable
ALTER TABLE "users" ADD COLUMN     "merged_at" TIMESTAMPTZ(3),
ADD COLUMN     "merged_into" UUID;

-- CreateIndex
CREATE INDEX "users_merged_into_idx" ON "users"("merged_into");

-- AddForeignKey
ALTER TABLE "users" ADD CONSTRAINT "users_merged_into_fkey" FOREIGN KEY ("merged_into") REFERENCES "users"("id") ON DELETE SET NULL ON UPDATE CASCADE;
