-- AlterTable
ALTER TABLE "lines" ADD COLUMN     "health_by" TEXT NOT NULL DEFAULT 'provider';

-- Until now only the provider's flag and an operator ejected lines. One that is not flagged, an operator took out.
UPDATE "lines" SET "health_by" = 'operator' WHERE "health" = 'ejected' AND "provider_status" <> 'FLAGGED';
