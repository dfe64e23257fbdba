import { ensureAll } from './ensure.mjs';

await ensureAll();
