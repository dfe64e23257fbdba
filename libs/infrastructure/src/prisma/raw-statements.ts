import { type CustomTypesConfig, types } from 'pg';
import { Prisma } from './generated/client';

/** A statement as the driver takes it: `$1` and on stand for the values. */
export interface Statement {
  readonly text: string;
  readonly values: unknown[];
  /** Prepared under this name; without it, planned each time. */
  readonly name?: string;
  readonly types?: CustomTypesConfig;
}

/** Runs a statement on the connection of a client or of a transaction. */
export type RunStatement = (
  statement: Statement,
) => Promise<{ readonly rows: unknown[]; readonly rowCount: number | null }>;

const INT8: number = types.builtins.INT8;
/** The driver has no name for it. */
const INT8_ARRAY = 1016;

type ParserOf = (oid: number, format?: 'text' | 'binary') => (text: string) => unknown;
const parserOf = types.getTypeParser as unknown as ParserOf;

/** Whole numbers of eight bytes are bigints, as Prisma gives them. All else the driver reads as Prisma does. */
const AS_PRISMA = {
  getTypeParser: ((oid, format) => {
    if (oid === INT8) return BigInt;
    if (oid === INT8_ARRAY) return bigints;
    return parserOf(oid, format);
  }) satisfies ParserOf,
};

function bigints(text: string): (bigint | null)[] {
  const texts = parserOf(INT8_ARRAY)(text) as (string | null)[];
  return texts.map((each) => (each === null ? null : BigInt(each)));
}

/**
 * The same client, whose raw statements go straight to the driver. Through Prisma's engine a statement over arrays costs
 * about a millisecond of this process's time, several times what it costs in PostgreSQL (measured); the models go that way.
 */
export function withRawStatements(
  db: Prisma.TransactionClient,
  run: RunStatement,
): Prisma.TransactionClient {
  const rows = async (text: string, values: readonly unknown[]): Promise<unknown[]> =>
    (await run({ text, values: [...values], types: AS_PRISMA })).rows;
  const count = async (text: string, values: readonly unknown[]): Promise<number> =>
    (await run({ text, values: [...values], types: AS_PRISMA })).rowCount ?? 0;
  const raw: Record<string, unknown> = {
    $queryRaw: tagged(rows),
    $executeRaw: tagged(count),
    $queryRawUnsafe: (text: string, ...values: unknown[]) => rows(text, values),
    $executeRawUnsafe: (text: string, ...values: unknown[]) => count(text, values),
  };
  return new Proxy(db, {
    get: (target, name): unknown =>
      typeof name === 'string' && Object.hasOwn(raw, name) ? raw[name] : Reflect.get(target, name),
  });
}

function tagged<T>(run: (text: string, values: readonly unknown[]) => Promise<T>) {
  return (query: TemplateStringsArray | Prisma.Sql, ...given: unknown[]): Promise<T> => {
    const { text, values } =
      query instanceof Prisma.Sql ? query : Prisma.sql(query, ...(given as Prisma.Sql[]));
    return run(text, values);
  };
}
