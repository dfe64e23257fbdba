import { type ArgumentMetadata, StandardSchemaValidationPipe } from '@nestjs/common';
import { Refusal, type RefusalCode } from '@linekeeper/application';
import { isRefusalCode } from './statuses';
import { unstorableTextIn } from './storable-text';

interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** Refuses what no column could keep before any schema looks at it: no schema has to think of it. */
class RequestPipe extends StandardSchemaValidationPipe {
  override transform<T>(value: T, metadata: ArgumentMetadata): Promise<T> {
    if (metadata.type !== 'custom' && !Buffer.isBuffer(value)) {
      const where = unstorableTextIn(value);
      if (where !== null) {
        const name = where || (metadata.data ?? 'request');
        throw new Refusal('request.invalid', `${name}: holds U+0000 or half of a character`);
      }
    }
    return super.transform(value, metadata);
  }
}

/**
 * Checks every body, query and parameter against its zod schema. A schema may name a refusal code as its message
 * to be told apart from the general one; all issues are listed, so that a caller mends them at once.
 */
export function validationPipe(): StandardSchemaValidationPipe {
  return new RequestPipe({
    exceptionFactory: (issues: readonly Issue[]) => {
      const errors = issues.slice(0, MAX_ISSUES).map((issue) => ({
        path: pathOf(issue),
        message: issue.message,
      }));
      const named = issues.find((issue) => isRefusalCode(issue.message));
      const code: RefusalCode = named ? (named.message as RefusalCode) : 'request.invalid';
      const first = errors[0];
      return new Refusal(code, first ? `${first.path || 'request'}: ${first.message}` : 'invalid', {
        errors,
      });
    },
  });
}

/** An answer lists at most so many issues: it is for a person to read. */
const MAX_ISSUES = 20;

function pathOf(issue: Issue): string {
  return (issue.path ?? [])
    .map((segment) => String(typeof segment === 'object' ? segment.key : segment))
    .join('.');
}
