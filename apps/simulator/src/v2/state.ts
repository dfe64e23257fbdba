import { Numbers } from './numbers';

/** A subscription of V2: it covers every line that is on V2, and its secret is the subscriber's own, if any. */
export interface V2Subscription {
  readonly id: number;
  webhook_url: string;
  readonly version: 2;
  events: string[];
  active: boolean;
  secret: string | null;
  lastDeliveredAt: number | null;
  deliveryAttempts: number;
  readonly createdAt: number;
  updatedAt: number;
}

/** Which kinds of things have numbers on V2, and with which each kind begins: as large as in Linq's examples. */
const FIRST = { line: 99, chat: 324_324, message: 27_799_380, handle: 9_001, reaction: 1_001 };
type Kind = keyof typeof FIRST;
const KINDS = Object.keys(FIRST) as Kind[];

/** As it is saved with the world. */
export interface SavedV2 {
  readonly lines: string[];
  readonly numbers: Record<Kind, [string, number][]>;
  readonly subscriptions: V2Subscription[];
  readonly lastSubscription: number;
}

/** What the world has for V2 alone; lines, chats and messages are the same for both versions. */
export class V2State {
  /** Lines whose events go to the subscriptions of V2, and only there. */
  readonly lines = new Set<string>();
  readonly numbers: Readonly<Record<Kind, Numbers>>;
  readonly subscriptions = new Map<number, V2Subscription>();
  lastSubscription = 0;

  constructor(changed: () => void) {
    const from = (kind: Kind): Numbers => new Numbers(FIRST[kind], changed);
    this.numbers = {
      ...{ line: from('line'), chat: from('chat'), message: from('message') },
      ...{ handle: from('handle'), reaction: from('reaction') },
    };
  }

  save(): SavedV2 {
    const numbers = Object.fromEntries(KINDS.map((kind) => [kind, this.numbers[kind].all()]));
    return {
      lines: [...this.lines],
      numbers: numbers as SavedV2['numbers'],
      subscriptions: [...this.subscriptions.values()],
      lastSubscription: this.lastSubscription,
    };
  }

  restore(saved: SavedV2): void {
    for (const line of saved.lines) this.lines.add(line);
    for (const kind of KINDS) this.numbers[kind].restore(saved.numbers[kind]);
    for (const each of saved.subscriptions) this.subscriptions.set(each.id, each);
    this.lastSubscription = saved.lastSubscription;
  }
}
