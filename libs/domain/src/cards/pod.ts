import type { FleetPolicy } from '../fleet-policy';
import { at } from '../kernel/at';
import { hash32 } from '../kernel/hash';
import { baseBlocks } from './base-blocks';
import { orderRing, type RingLine } from './ring';

/**
 * Lines that share cards among themselves. Its cards follow from its ring. A pod never changes: lines that come and
 * go make its next generation, and whoever has a card of an earlier one keeps it.
 */
export interface Pod {
  readonly id: string;
  readonly generation: number;
  readonly ring: readonly RingLine[];
}

/** The numbers in one contact card; any of them may be somebody's primary. */
export interface Card {
  /** Of the numbers and the generation: the same card has the same id in every process. */
  readonly id: string;
  /** In ring order. */
  readonly lineIds: readonly string[];
}

/** The places on a ring that make up each card; one card with every line when there are no more lines than numbers. */
function groupsOf(lines: number, { cards }: FleetPolicy): number[][] {
  const { numbersPerCard, cardsPerLine } = cards;
  const places = Array.from({ length: lines }, (_each, place) => place);
  if (lines <= numbersPerCard) return lines === 0 ? [] : [places];
  if (numbersPerCard === 1) return places.map((place) => [place]);
  const count = Math.max(1, Math.round(cardsPerLine / numbersPerCard));
  return baseBlocks(lines, numbersPerCard, count).flatMap((block) =>
    places.map((place) => block.map((mark) => (place + mark) % lines)),
  );
}

/** Every card of a pod. */
export function cardsOf(pod: Pod, policy: FleetPolicy): Card[] {
  return groupsOf(pod.ring.length, policy).map((group) => {
    const lineIds = group.map((place) => at(pod.ring, place).id);
    return { id: cardId(lineIds, pod.generation), lineIds };
  });
}

/** 64 bits, in hexadecimal. */
function cardId(lineIds: readonly string[], generation: number): string {
  const text = [...lineIds].sort().concat(String(generation)).join('\u0000');
  return [text, `${text}\u0000`].map((each) => hash32(each).toString(16).padStart(8, '0')).join('');
}

/** The first generation of a pod. */
export function openPod(id: string, lines: readonly RingLine[], policy: FleetPolicy): Pod {
  return { id, generation: 1, ring: orderRing(lines, groupsOf(lines.length, policy)) };
}

/**
 * The next generation of a pod: new lines take the places of those that left, the others are put at the end, so
 * that as few cards as possible are new. Without any change it is the pod itself.
 */
export function nextGeneration(pod: Pod, lines: readonly RingLine[], policy: FleetPolicy): Pod {
  const before = new Set(pod.ring.map(({ id }) => id));
  const now = new Map(lines.map((line) => [line.id, line]));
  const fresh = lines.filter(({ id }) => !before.has(id));
  const stays = pod.ring.flatMap(({ id }) => now.get(id) ?? []);
  if (fresh.length === 0 && stays.length === pod.ring.length) return pod;
  const waiting = [...fresh];
  const kept = pod.ring.flatMap(({ id }) => now.get(id) ?? waiting.shift() ?? []);
  const fixed = new Set(stays.map(({ id }) => id));
  const ring = orderRing([...kept, ...waiting], groupsOf(lines.length, policy), fixed);
  return { id: pod.id, generation: pod.generation + 1, ring };
}

/**
 * Deals lines into pods of about `linesPerPod`, never more than `maxLinesPerPod`, and each failure domain evenly over
 * them. A fleet of up to `maxLinesPerPod` lines is one pod.
 */
export function dealIntoPods(lines: readonly RingLine[], { cards }: FleetPolicy): RingLine[][] {
  const most = Math.ceil(lines.length / cards.maxLinesPerPod);
  const pods =
    lines.length <= cards.maxLinesPerPod
      ? 1
      : Math.max(most, Math.round(lines.length / cards.linesPerPod));
  const dealt: RingLine[][] = Array.from({ length: pods }, () => []);
  const key = ({ failureDomains, id }: RingLine): string => [...failureDomains, id].join('\u0000');
  const sorted = [...lines].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  for (const [i, line] of sorted.entries()) dealt[i % pods]?.push(line);
  return dealt;
}

/** Whether a further pod is due: every pod carries more than `podFullShare` of what it may admit (shares of 1). */
export function needsAnotherPod(shares: readonly number[], { cards }: FleetPolicy): boolean {
  return shares.every((share) => share > cards.podFullShare);
}
