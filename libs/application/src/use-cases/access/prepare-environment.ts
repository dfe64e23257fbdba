import { Injectable } from '@nestjs/common';
import { DEFAULT_FLEET_POLICY } from '@linekeeper/domain';
import { ACTUATORS, type Actuator, type ActuatorMode, Clock, Ids, UnitOfWork } from '../../ports';

export interface EnvironmentSetup {
  readonly name: string;
  /** The zone of the first pool. */
  readonly timeZone: string;
  /** A real account starts by watching only. */
  readonly mode: ActuatorMode;
}

/** The database belongs to another environment: nothing may run on it under this name. */
export class ForeignEnvironment extends Error {
  constructor(
    readonly expected: string,
    readonly found: string,
  ) {
    super(
      `This database belongs to the environment "${found}", but ENVIRONMENT is "${expected}". ` +
        `Set ENVIRONMENT=${found}, or point DATABASE_URL at the database of "${expected}".`,
    );
    this.name = 'ForeignEnvironment';
  }
}

/**
 * Claims an empty database for this environment, with its first pool, or checks that it is ours. Idempotent.
 * Throws {@link ForeignEnvironment} before anything is written.
 */
@Injectable()
export class PrepareEnvironment {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  async execute(setup: EnvironmentSetup): Promise<{ created: boolean }> {
    const at = this.clock.now();
    return this.unitOfWork.run(async (stores) => {
      // Of several processes that start at once, one does it and the others wait for it.
      await stores.leases.take('prepare-environment', setup.name, at, 1);
      const environment = await stores.environment.get();
      if (environment) {
        if (environment.name !== setup.name) {
          throw new ForeignEnvironment(setup.name, environment.name);
        }
        return { created: false };
      }
      const actuators = Object.fromEntries(
        ACTUATORS.map((actuator) => [
          actuator,
          setup.mode === 'observe' ? 'observe' : defaultMode(actuator),
        ]),
      ) as Record<Actuator, ActuatorMode>;
      await stores.environment.create(
        {
          ...{ name: setup.name, frozenAt: null, actuators },
          ...{ webhookRotationUntil: null, webhooksRejectedAt: null },
        },
        at,
      );
      await stores.pools.insert({
        id: this.ids.uuid(),
        slug: 'default',
        name: 'Default pool',
        timeZone: setup.timeZone,
        cardProfile: { name: 'Linekeeper' },
        cardRevisedAt: at,
        createdAt: at,
        learned: null,
      });
      await stores.policies.insert({
        version: 1,
        document: DEFAULT_FLEET_POLICY,
        actor: 'automation:setup',
        reason: 'The defaults',
        at,
      });
      return { created: true };
    });
  }
}

/** A rebalance moves people although nothing is broken, so it proposes until an operator trusts it. */
function defaultMode(actuator: Actuator): ActuatorMode {
  return actuator === 'rebalance' ? 'propose' : 'auto';
}
