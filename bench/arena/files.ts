import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { CsvFile } from '@linekeeper/simulation';
import { UsageError } from './arguments';

const GZIP_MAGIC = [0x1f, 0x8b];

/** npm runs scripts in the project's folder; paths are meant from where it was called. */
export function pathOf(path: string): string {
  return resolve(process.env['INIT_CWD'] ?? process.cwd(), path);
}

/** The text of a file, unpacked when it is gzipped whatever its name. */
export function readText(path: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(pathOf(path));
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  const packed = GZIP_MAGIC.every((byte, i) => bytes[i] === byte);
  return (packed ? gunzipSync(bytes) : bytes).toString('utf8');
}

const CHUNK = 1 << 16;

export function writeCsv(folder: string, file: CsvFile): void {
  const handle = openSync(join(folder, file.name), 'w');
  let chunk = `${file.header}\n`;
  for (const row of file.rows()) {
    chunk += `${row}\n`;
    if (chunk.length < CHUNK) continue;
    writeSync(handle, chunk);
    chunk = '';
  }
  writeSync(handle, chunk);
  closeSync(handle);
}

export function writeText(folder: string, name: string, text: string): void {
  const handle = openSync(join(folder, name), 'w');
  writeSync(handle, text);
  closeSync(handle);
}

export function makeFolder(...parts: string[]): string {
  const folder = pathOf(join(...parts));
  mkdirSync(folder, { recursive: true });
  return folder;
}
