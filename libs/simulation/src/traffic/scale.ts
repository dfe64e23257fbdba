import {
  type Chance,
  chanceOf,
  drawFrom,
  drawInteger,
  drawNormal,
  drawPoisson,
} from '../kernel/chance';
import { DAY_SECONDS, HOUR_SECONDS } from '../kernel/calendar';
import type { TraceRows } from './parse-trace';
import { drawSessionSize, MEAN_SESSION, RATE_SIGMA } from './population';
import { IN, type Traffic, TrafficBuilder } from './traffic';

/**
 * A trace of a small population as a large one: users are resampled with replacement on one calendar, each message
 * stays in its hour at another second. So the day factor that all users share stays what it was; shifted
 * copies would wash it out. Scale 1 is the trace itself.
 */
export function scaleTrace(rows: TraceRows, scale: number, seed: number): Traffic {
  if (!(scale > 0)) throw new Error('The scale is a number above 0');
  if (rows.cells) return scaleCells(rows, scale, seed);
  const builder = new TrafficBuilder();
  const copy = (i: number, user: number, seconds: number): void => {
    if (rows.oneWay) builder.addWithReply(seconds, user);
    else builder.add(seconds, user, rows.direction[i] ?? IN);
  };
  if (scale === 1) {
    for (let i = 0; i < rows.seconds.length; i += 1) {
      copy(i, rows.user[i] ?? 0, Math.floor(rows.seconds[i] ?? 0));
    }
    return builder.build(rows.users);
  }
  const chance = chanceOf(seed, 'scale');
  const ofUser = rowsByUser(rows);
  const users = Math.max(1, Math.round(scale * rows.users));
  for (let user = 0; user < users; user += 1) {
    for (const i of ofUser[drawInteger(chance, rows.users)] ?? []) {
      const hour = Math.floor((rows.seconds[i] ?? 0) / HOUR_SECONDS);
      copy(i, user, hour * HOUR_SECONDS + drawInteger(chance, HOUR_SECONDS));
    }
  }
  return builder.build(users);
}

function rowsByUser(rows: TraceRows): number[][] {
  const ofUser: number[][] = Array.from({ length: rows.users }, () => []);
  for (let i = 0; i < rows.seconds.length; i += 1) ofUser[rows.user[i] ?? 0]?.push(i);
  return ofUser;
}

/** Inbound messages a day of a mean user made from cells: what CollegeMsg's users send on an active day. */
const CELL_USER_MEAN = 4.1;

/**
 * Cells of counts (a tenant's requests in ten minutes) serve as a shape: each user follows the hours and days of one
 * tenant, drawn at random, at a person's rate. The rates are spread as people's are, and messages come in sessions.
 */
function scaleCells(rows: TraceRows, scale: number, seed: number): Traffic {
  const chance = chanceOf(seed, 'scale');
  const builder = new TrafficBuilder();
  const ofUser = rowsByUser(rows);
  const cumulative = ofUser.map((own) => {
    let sum = 0;
    return own.map((i) => (sum += rows.count[i] ?? 0));
  });
  const last = rows.seconds.reduce((most, each) => Math.max(most, each), 0);
  const days = Math.floor(last / DAY_SECONDS) + 1;
  const users = Math.max(1, Math.round(scale * rows.users));
  for (let user = 0; user < users; user += 1) {
    const tenant = drawInteger(chance, rows.users);
    const rate = CELL_USER_MEAN * Math.exp(RATE_SIGMA * drawNormal(chance) - RATE_SIGMA ** 2 / 2);
    const sessions = drawPoisson(chance, (rate * days) / MEAN_SESSION);
    for (let s = 0; s < sessions; s += 1) {
      const cell = ofUser[tenant]?.[drawFrom(chance, cumulative[tenant] ?? [])];
      if (cell === undefined) continue;
      addSession(builder, chance, user, rows.seconds[cell] ?? 0);
    }
  }
  return builder.build(users);
}

const CELL_SECONDS = 600;

function addSession(builder: TrafficBuilder, chance: Chance, user: number, from: number): void {
  const size = drawSessionSize(chance);
  let at = from + drawInteger(chance, CELL_SECONDS);
  for (let i = 0; i < size; i += 1) {
    builder.addWithReply(at, user);
    at += 1 + drawInteger(chance, 2 * 60);
  }
}
