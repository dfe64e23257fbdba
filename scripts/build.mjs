import { build, ensureAll } from './ensure.mjs';

await ensureAll();
await build();
