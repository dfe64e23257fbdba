import type { FastifyRequest } from 'fastify';
import type { Play } from '../play';
import type { Stepper } from '../stepper';
import type { World } from '../world';
import type { Sending } from './sending';

/** What the routes of the partner API work on. */
export interface Api {
  readonly world: World;
  readonly play: Play;
  readonly sending: Sending;
  readonly stepper: Stepper;
}

const TRACE = Symbol('trace');
type Traced = FastifyRequest & { [TRACE]?: string };

/** The trace id that the answer to this request carries. */
export function traceOf(request: FastifyRequest): string {
  return (request as Traced)[TRACE] ?? '';
}

export function setTrace(request: FastifyRequest, trace: string): void {
  (request as Traced)[TRACE] = trace;
}
