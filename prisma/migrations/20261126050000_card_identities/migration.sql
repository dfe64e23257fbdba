-- CreateTable
CREATE TABLE "card_photos" (
    "id" TEXT NOT NULL,
    "jpeg" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "card_photos_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "line_identities" (
    "line_id" UUID NOT NULL,
    "set_to" TEXT,
    "drift" TEXT[],
    "problem" TEXT,
    "set_at" TIMESTAMPTZ(3),
    "seen_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "line_identities_pkey" PRIMARY KEY ("line_id")
);
