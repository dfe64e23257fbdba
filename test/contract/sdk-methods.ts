import type { LinqAPIV3 } from '@linqapp/sdk';

type Callable = (...args: unknown[]) => unknown;

/** The names of all methods of the client's resources, as `chats.messages.send`, read from the client itself. */
export function methodsOf(linq: LinqAPIV3): string[] {
  const names: string[] = [];
  visit(linq, linq, '', (_holder, _method, name) => names.push(name));
  return names.sort();
}

/** Notes the name of each method of the client as it is called. The client stays what it is. */
export function noteCalls(linq: LinqAPIV3): Set<string> {
  const called = new Set<string>();
  visit(linq, linq, '', (holder, method, name) => {
    const original = Reflect.get(holder, method) as Callable;
    Reflect.set(holder, method, (...args: unknown[]) => {
      called.add(name);
      return Reflect.apply(original, holder, args);
    });
  });
  return called;
}

function visit(
  linq: LinqAPIV3,
  holder: object,
  prefix: string,
  see: (resource: object, method: string, name: string) => void,
): void {
  for (const [key, resource] of Object.entries(holder)) {
    if (!isResource(resource, linq)) continue;
    const path = `${prefix}${key}.`;
    for (const method of methodNames(resource)) see(resource, method, `${path}${method}`);
    visit(linq, resource, path, see);
  }
}

/** A part of the client: whatever holds on to it. */
function isResource(value: unknown, linq: LinqAPIV3): value is object {
  return typeof value === 'object' && value !== null && Reflect.get(value, '_client') === linq;
}

function methodNames(resource: object): string[] {
  const names: string[] = [];
  for (
    let level: unknown = Object.getPrototypeOf(resource);
    typeof level === 'object' && level !== null && level !== Object.prototype;
    level = Object.getPrototypeOf(level)
  ) {
    const own = Object.getOwnPropertyNames(level);
    names.push(...own.filter((name) => name !== 'constructor' && !names.includes(name)));
  }
  return names.filter((name) => typeof Reflect.get(resource, name) === 'function');
}
