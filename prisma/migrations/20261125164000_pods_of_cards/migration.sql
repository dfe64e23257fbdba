-- CreateTable
CREATE TABLE "pods" (
    "id" UUID NOT NULL,
    "generation" INTEGER NOT NULL,
    "pool_id" UUID NOT NULL,
    "ring" JSONB NOT NULL,
    "line_ids" UUID[],
    "began_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "pods_pkey" PRIMARY KEY ("id","generation")
);

-- CreateTable
CREATE TABLE "line_pairs" (
    "line_id" UUID NOT NULL,
    "fallback_id" UUID NOT NULL,
    "users" INTEGER NOT NULL,

    CONSTRAINT "line_pairs_pkey" PRIMARY KEY ("fallback_id","line_id")
);

-- CreateIndex
CREATE INDEX "pods_pool_id_ended_at_idx" ON "pods"("pool_id", "ended_at");

-- People who are placed already.
INSERT INTO "line_pairs" ("line_id", "fallback_id", "users")
SELECT a."line_id", f."line_id", count(*)::int
FROM "assignments" a JOIN "assignment_fallbacks" f ON f."assignment_id" = a."id"
WHERE a."state" <> 'released' GROUP BY a."line_id", f."line_id";
