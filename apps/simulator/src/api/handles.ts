import { z } from 'zod';
import type { SimConfig } from '../config';
import { LinqError } from './errors';

const E164 = /^\+[1-9]\d{1,14}$/;
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/** The recipients of a send: 1 to 31 handles. */
export function recipientsOf(value: unknown, config: SimConfig): string[] {
  if (value === undefined) throw new LinqError(400, 1001, 'to is required');
  const parsed = z.array(z.string()).min(1).max(31).safeParse(value);
  if (!parsed.success) throw new LinqError(400, 1003, 'to must be a list of 1 to 31 handles');
  return [...new Set(parsed.data.map((handle) => handleOf(handle, 'to', config)))];
}

/** A phone number or an email address. */
export function handleOf(value: unknown, name: string, config: SimConfig): string {
  if (typeof value !== 'string') throw new LinqError(400, 1001, `${name} is required`);
  if (EMAIL.test(value)) return config.emailCase === 'folded' ? value.toLowerCase() : value;
  return phoneNumberOf(value, name);
}

export function isEmail(handle: string): boolean {
  return EMAIL.test(handle);
}

export function phoneNumberOf(value: unknown, name: string): string {
  if (typeof value !== 'string') throw new LinqError(400, 1001, `${name} is required`);
  if (!E164.test(value)) throw new LinqError(400, 1002, 'Phone number must be in E.164 format');
  return value;
}

/** Lines that shall not be chosen. Each must be a number; whether it is one of ours does not matter. */
export function excludedOf(given: readonly unknown[]): Set<string> {
  return new Set(given.map((each) => phoneNumberOf(each, 'exclude_from')));
}

/** A list in a query: repeated, with brackets, or (as the client sends it) joined by commas. */
export function listOf(
  query: Readonly<Record<string, unknown>>,
  name: string,
  config: SimConfig,
): string[] {
  const given = [query[name], query[`${name}[]`]].flat();
  return given.flatMap((each) => {
    if (typeof each !== 'string' || each === '') return [];
    return config.commaLists === 'split' ? each.split(',').filter((one) => one !== '') : [each];
  });
}
