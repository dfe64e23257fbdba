import type { LinqAPIV3 } from '@linqapp/sdk';
import { lineNumbers, personNumber } from '../support/fleet';
import { ok } from '../support/http';
import { TestSimulator } from '../support/simulator';
import { sdkOf, WebhookCatcher } from '../support/webhook-catcher';

export const text = (value: string): { parts: { type: 'text'; value: string }[] } => ({
  parts: [{ type: 'text', value }],
});

/** Where a scenario plays: a simulator of its own, lines and people, and what the steps have come by. */
export class Stage {
  readonly line: string;
  readonly other: string;
  readonly person = personNumber(1);
  readonly friends = [2, 3, 4].map(personNumber);
  readonly newcomer = personNumber(5);
  readonly sound = 'the sound of a voice';
  chatId = '';
  messageId = '';
  groupId = '';
  cardId = '';
  lineId = '';
  subscriptionId = '';
  attachmentId = '';
  uploadUrl = '';
  doomedId = '';

  private constructor(
    readonly simulator: TestSimulator,
    readonly linq: LinqAPIV3,
    readonly catcher: WebhookCatcher,
  ) {
    [this.line = '', this.other = ''] = lineNumbers(2);
  }

  static async set(): Promise<Stage> {
    const simulator = await TestSimulator.start({ lines: lineNumbers(3) });
    // Changes of a group wait for the clock, so that a step finds the group as the last one left it.
    await ok(simulator.control.post('/config', { groupDelayMs: 1_000 }));
    const catcher = await WebhookCatcher.start(simulator, ['message.received']);
    const stage = new Stage(simulator, sdkOf(simulator), catcher);
    await simulator.text(stage.person, stage.other, 'Hello');
    await simulator.advance(1);
    return stage;
  }

  async strike(): Promise<void> {
    await this.catcher.stop();
    await this.simulator.stop();
  }
}
