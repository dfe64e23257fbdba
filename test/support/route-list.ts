import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** Every route that the running service answers, as `POST /v1/users/:id/opt-out`, however it was registered. */
export function routesOf(app: NestFastifyApplication): string[] {
  const tree = app.getHttpAdapter().getInstance().printRoutes({ commonPrefix: false });
  const parents: string[] = [];
  const routes: string[] = [];
  for (const line of tree.split('\n')) {
    const read = /^((?:│ {3}| {4})*)(?:├── |└── )(\S*?)(?: \(([A-Z, ]+)\))?$/.exec(line);
    if (!read) continue;
    const [, indent = '', segment = '', methods] = read;
    const depth = indent.length / 4;
    parents.splice(depth, parents.length, `${parents[depth - 1] ?? ''}${segment}`);
    const path = parents[depth]?.replaceAll('//', '/') ?? '';
    for (const method of methods?.split(', ') ?? []) routes.push(`${method} ${path}`);
  }
  return routes;
}
