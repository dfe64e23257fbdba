import { at } from '../kernel/at';
import { seededRandom } from '../kernel/random';

/** Places on a ring, the first of them 0. Turned once around the ring it gives one card for each line. */
export type Block = readonly number[];

/**
 * Golomb rulers: every distance between two marks is there once, so that no two lines share more than one of these
 * cards, on any ring of at least `from` lines.
 */
const RULERS: readonly { readonly from: number; readonly marks: Block }[] = [
  { from: 3, marks: [0, 1] },
  { from: 7, marks: [0, 1, 3] },
  { from: 13, marks: [0, 1, 4, 6] },
  { from: 23, marks: [0, 1, 4, 9, 11] },
];

/** Sets that are looked at for each further block. More hardly ever find a better one. */
const SAMPLES = 1_500;
/** Any fixed seed: the same ring has the same cards in every process. */
const SEED = 20;

const known = new Map<string, readonly Block[]>();

/**
 * The base blocks of a ring of `lines` lines with `numbers` numbers on a card: `count` of them, or as many as there
 * are on a small ring. Each is turned into `lines` different cards. The first is a Golomb ruler where there is
 * one; each further one is, of a seeded sample, that which makes the most shared cards of two lines fewest, and
 * then spreads them most evenly. Needs `lines > numbers >= 2`; a smaller pool has one card with all its lines.
 */
export function baseBlocks(lines: number, numbers: number, count: number): readonly Block[] {
  const key = `${lines}/${numbers}/${count}`;
  const before = known.get(key);
  if (before) return before;
  const random = seededRandom(SEED + lines);
  const blocks: Block[] = [];
  const used = new Set<string>();
  const shared = new Array<number>(Math.floor(lines / 2) + 1).fill(0);
  const ruler = RULERS.find(({ from, marks }) => marks.length === numbers && lines >= from);
  for (let next = ruler?.marks ?? null; blocks.length < count; next = null) {
    const block = next ?? bestBlock(lines, numbers, used, shared, random);
    if (block === null) break;
    blocks.push(block);
    used.add(orbitOf(block, lines));
    addShared(shared, block, lines);
  }
  known.set(key, blocks);
  return blocks;
}

function bestBlock(
  lines: number,
  numbers: number,
  used: ReadonlySet<string>,
  shared: readonly number[],
  random: () => number,
): Block | null {
  let best: { block: Block; most: number; squares: number } | null = null;
  for (const block of candidates(lines, numbers, random)) {
    const after = [...shared];
    addShared(after, block, lines);
    const most = Math.max(...after);
    const squares = after.reduce((sum, cards) => sum + cards * cards, 0);
    const better =
      best === null || most < best.most || (most === best.most && squares < best.squares);
    if (better && !isShort(block, lines) && !used.has(orbitOf(block, lines))) {
      best = { block, most, squares };
    }
  }
  return best?.block ?? null;
}

/** All sets that hold 0 when they are few, else a sample of them. */
function candidates(lines: number, numbers: number, random: () => number): Block[] {
  let sets = 1;
  for (let i = 1; i < numbers; i += 1) sets = (sets * (lines - i)) / i;
  if (sets <= SAMPLES) return subsets(1, lines, numbers - 1).map((rest) => [0, ...rest]);
  return Array.from({ length: SAMPLES }, () => {
    const marks = new Set([0]);
    while (marks.size < numbers) marks.add(1 + Math.floor(random() * (lines - 1)));
    return [...marks].sort((a, b) => a - b);
  });
}

/** The subsets of {from, ..., to - 1} with `size` members. */
function subsets(from: number, to: number, size: number): number[][] {
  if (size === 0) return [[]];
  const all: number[][] = [];
  for (let first = from; first <= to - size; first += 1) {
    for (const rest of subsets(first + 1, to, size - 1)) all.push([first, ...rest]);
  }
  return all;
}

const turned = (block: Block, by: number, lines: number): number[] =>
  block.map((mark) => (mark - by + lines) % lines).sort((a, b) => a - b);

/** The same for all turns of a block: the least of those that hold 0. */
function orbitOf(block: Block, lines: number): string {
  return block.map((mark) => turned(block, mark, lines).join()).reduce((a, b) => (a < b ? a : b));
}

/** Whether a part of a full turn leads back to the same set: such a block gives fewer cards than lines. */
function isShort(block: Block, lines: number): boolean {
  return block.some((mark) => mark > 0 && turned(block, mark, lines).join() === block.join());
}

/** Adds, by their distance on the ring, the cards of a block that two lines so far apart share. */
function addShared(shared: number[], block: Block, lines: number): void {
  for (const [i, a] of block.entries()) {
    for (let j = i + 1; j < block.length; j += 1) {
      const apart = at(block, j) - a;
      const distance = Math.min(apart, lines - apart);
      // Opposite lines meet twice in a full turn.
      shared[distance] = at(shared, distance) + (2 * distance === lines ? 2 : 1);
    }
  }
}
