import type { FleetPolicy } from '../fleet-policy';
import { at } from '../kernel/at';
import { dealIntoPods, nextGeneration, type Pod } from './pod';
import type { RingLine } from './ring';

/** What becomes of a pool's pods when lines have come or gone. */
export interface PodPlan {
  /** Those that go on; a pod with other lines than before in its next generation, the others as they are. */
  readonly kept: readonly Pod[];
  /** Lines of pods that are new. */
  readonly opened: readonly (readonly RingLine[])[];
  /** Ids of pods that are no more. */
  readonly closed: readonly string[];
}

interface Group {
  readonly pod: Pod;
  readonly lines: RingLine[];
}

/**
 * Fits the pods of a pool to the lines that may stand on cards. A line stays in its pod; a new one takes the place of
 * one that left, or joins the smallest pod, or, when all are full, makes a new pod: with the lines of the
 * largest one, unless there are enough new ones for a pod of their own. A pod that has shrunk to less than half of
 * the usual size is dissolved into the others, because few lines spread a loss badly. Without any change every pod is
 * kept as it is.
 */
export function keepPods(
  pods: readonly Pod[],
  lines: readonly RingLine[],
  policy: FleetPolicy,
): PodPlan {
  const { linesPerPod, maxLinesPerPod } = policy.cards;
  const now = new Map(lines.map((line) => [line.id, line]));
  const all = pods
    .map((pod): Group => ({ pod, lines: pod.ring.flatMap(({ id }) => now.get(id) ?? []) }))
    .sort(largestFirst);
  // The largest stays even when it is small: there is no other then.
  const stays = all.filter(
    (group, i) => group.lines.length > 0 && (i === 0 || group.lines.length >= linesPerPod / 2),
  );
  const homes = new Set(stays.flatMap((group) => group.lines.map(({ id }) => id)));
  const homeless = lines.filter(({ id }) => !homes.has(id));
  while (homeless.length > 0) {
    const roomy = stays.filter((group) => group.lines.length < maxLinesPerPod).sort(roomiestFirst);
    const line = roomy[0] && homeless.shift();
    if (!line) break;
    roomy[0]?.lines.push(line);
  }
  const opened = homeless.length > 0 ? split(stays, homeless, policy) : [];
  return {
    kept: stays.map((group) => nextGeneration(group.pod, group.lines, policy)),
    opened,
    closed: all.filter((group) => !stays.includes(group)).map(({ pod }) => pod.id),
  };
}

/** Lines that found no room: pods of their own, or, when they are too few for one, the largest pod made into several. */
function split(
  groups: readonly Group[],
  homeless: readonly RingLine[],
  policy: FleetPolicy,
): RingLine[][] {
  const [largest] = [...groups].sort(largestFirst);
  if (!largest || homeless.length >= policy.cards.maxLinesPerPod / 2) {
    return dealIntoPods(homeless, policy);
  }
  const parts = dealIntoPods([...largest.lines, ...homeless], policy);
  largest.lines.splice(0, largest.lines.length, ...at(parts, 0));
  return parts.slice(1);
}

const byId = (a: Group, b: Group): number => (a.pod.id < b.pod.id ? -1 : 1);

function largestFirst(a: Group, b: Group): number {
  return b.lines.length - a.lines.length || byId(a, b);
}

/** Pods that lost a line before those that would grow, then the smallest. */
function roomiestFirst(a: Group, b: Group): number {
  const grows = ({ pod, lines }: Group): number => Number(lines.length >= pod.ring.length);
  return grows(a) - grows(b) || a.lines.length - b.lines.length || byId(a, b);
}
