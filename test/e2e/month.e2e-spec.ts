import { aMonth } from '../support/month';
import { TestService } from '../support/service';

jest.setTimeout(300_000);

describe('A month of a fleet', () => {
  aMonth((database, simulator) => TestService.start(database, simulator));
});
