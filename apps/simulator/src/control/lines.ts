import type { FastifyInstance } from 'fastify';
import type { Play } from '../play';
import type { Line } from '../types';
import { BadControl, type Control, parse } from './context';
import * as schemas from './schemas';

interface ByNumber {
  Params: { e164: string };
}

/** What can be done to lines. */
export function lineKnobs(app: FastifyInstance, { world, play }: Control): void {
  app.post('/lines', (request) => {
    const { phoneNumbers } = parse(schemas.addLines, request.body);
    return { lines: phoneNumbers.map((each) => world.addLine(each).phoneNumber) };
  });

  app.delete<ByNumber>('/lines/:e164', (request) => {
    const line = lineOf(request.params.e164);
    world.lines.delete(line.phoneNumber);
    world.changes += 1;
    return { vanished: line.phoneNumber };
  });

  app.post<ByNumber>('/lines/:e164/replace', (request) => {
    const line = lineOf(request.params.e164);
    const { phoneNumber } = parse(schemas.replace, request.body);
    if (world.lines.has(phoneNumber)) throw new BadControl('That line is there already');
    world.lines.delete(line.phoneNumber);
    if (world.v2.lines.has(line.phoneNumber)) world.v2.lines.add(phoneNumber);
    return { vanished: line.phoneNumber, appeared: world.addLine(phoneNumber).phoneNumber };
  });

  app.post<ByNumber>('/lines/:e164/status', (request) => {
    const { status } = parse(schemas.setStatus, request.body);
    return setLine(request.params.e164, { status });
  });

  app.post<ByNumber>('/lines/:e164/reputation', (request) => {
    const { reputation } = parse(schemas.setReputation, request.body);
    return setLine(request.params.e164, { reputation });
  });

  app.post<ByNumber>('/lines/:e164/version', (request) => {
    const { phoneNumber } = lineOf(request.params.e164);
    const { version } = parse(schemas.setVersion, request.body);
    if (version === 'v2') world.v2.lines.add(phoneNumber);
    else world.v2.lines.delete(phoneNumber);
    world.changes += 1;
    return { phoneNumber, version };
  });

  app.post<ByNumber>('/lines/:e164/eligible', (request) => {
    const line = lineOf(request.params.e164);
    line.eligible = parse(schemas.setEligible, request.body).eligible;
    world.changes += 1;
    return { phoneNumber: line.phoneNumber, eligible: line.eligible };
  });

  app.post<ByNumber>('/lines/:e164/checks', (request) => {
    const line = lineOf(request.params.e164);
    const { iMessage, RCS } = parse(schemas.setChecks, request.body);
    if (iMessage !== undefined) line.checkFailures.iMessage = iMessage;
    if (RCS !== undefined) line.checkFailures.RCS = RCS;
    world.changes += 1;
    return { phoneNumber: line.phoneNumber, ...line.checkFailures };
  });

  function lineOf(e164: string): Line {
    const line = world.lines.get(e164);
    if (!line) throw new BadControl('There is no such line');
    return line;
  }

  function setLine(e164: string, next: Parameters<Play['setStatus']>[1]): object {
    const line = lineOf(e164);
    play.setStatus(line, next, world.clock.now());
    return { phoneNumber: line.phoneNumber, status: line.status, reputation: line.reputation };
  }
}
