-- AlterTable
ALTER TABLE "user_rates" ADD COLUMN     "rate_days" DOUBLE PRECISION NOT NULL DEFAULT 0,
ADD COLUMN     "rate_messages" DOUBLE PRECISION NOT NULL DEFAULT 0,
ALTER COLUMN "a" SET DEFAULT 21,
ALTER COLUMN "b" SET DEFAULT 1.05;

-- What was kept had the prior in it: 1.05 days of 20 messages, or what the user's pool has learned.
UPDATE "user_rates" r
SET "rate_days" = greatest(0, r."b" - p."days"),
    "rate_messages" = greatest(0, r."a" - p."days" * p."mean")
FROM (
  SELECT DISTINCT ON (u."user_id") u."user_id",
    coalesce((l."learned" #>> '{prior,days}')::float8, 1.05) AS "days",
    coalesce((l."learned" #>> '{prior,mean}')::float8, 20) AS "mean"
  FROM "user_rates" u
  LEFT JOIN "assignments" a ON a."user_id" = u."user_id"
  LEFT JOIN "pools" l ON l."id" = a."pool_id"
  ORDER BY u."user_id", a."created_at"
) p
WHERE p."user_id" = r."user_id";
