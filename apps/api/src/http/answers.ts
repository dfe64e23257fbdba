import { ApiResponse } from '@nestjs/swagger';
import { z } from 'zod';

/** A zod schema as OpenAPI 3.1 takes it. */
export function jsonSchemaOf(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
  }) as Record<string, unknown>;
  return rest;
}

/** Documents an answer by its schema. */
export function Answers(status: number, description: string, schema?: z.ZodType): MethodDecorator {
  return ApiResponse({
    status,
    description,
    ...(schema ? { schema: jsonSchemaOf(schema, 'output') } : {}),
  });
}
