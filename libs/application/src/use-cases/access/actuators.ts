import { Injectable } from '@nestjs/common';
import { type Actor, actorText } from '../../actor';
import { type Actuator, type ActuatorMode, Clock, Ids, Policies, UnitOfWork } from '../../ports';
import { Refusal } from '../../refusal';

/** The gate and admission answer a caller at once, so there is nothing to propose. */
const WITHOUT_PROPOSE: readonly Actuator[] = ['gate', 'admission'];

export type ActuatorModes = Readonly<Record<Actuator, ActuatorMode>>;

/** What the service may do by itself: each actuator observes, proposes or acts. */
@Injectable()
export class Actuators {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly policies: Policies,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  async modes(): Promise<ActuatorModes> {
    const environment = await this.unitOfWork.read.environment.get();
    if (!environment) throw new Refusal('service.unavailable', 'The environment is not set up yet');
    return environment.actuators;
  }

  async change(
    changes: Partial<Record<Actuator, ActuatorMode>>,
    reason: string,
    actor: Actor,
  ): Promise<ActuatorModes> {
    for (const actuator of WITHOUT_PROPOSE) {
      if (changes[actuator] === 'propose') {
        throw new Refusal('request.invalid', `${actuator}: allowed are observe and auto`);
      }
    }
    const { version } = await this.policies.active();
    return this.unitOfWork.run(async (stores) => {
      const environment = await stores.environment.get();
      if (!environment)
        throw new Refusal('service.unavailable', 'The environment is not set up yet');
      const actuators = { ...environment.actuators, ...changes };
      await stores.environment.setActuators(actuators);
      await stores.audit.append({
        id: this.ids.uuid(),
        at: this.clock.now(),
        actor: actorText(actor),
        action: 'actuators.change',
        subjectType: 'environment',
        subjectId: environment.name,
        reason,
        change: { from: environment.actuators, to: actuators },
        policyVersion: version,
      });
      return actuators;
    });
  }
}
