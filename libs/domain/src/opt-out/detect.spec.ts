import { OPT_INS, OPT_OUTS, ORDINARY } from '../../../../test/support/opt-out-corpus';
import { detectOptOut } from './detect';

describe('detectOptOut', () => {
  it.each(OPT_OUTS)('hears a wish to be left alone in “%s”', (text) => {
    expect(detectOptOut(text).kind).toBe('opt-out');
  });

  it.each(OPT_INS)('hears a wish to be written to again in “%s”', (text) => {
    expect(detectOptOut(text).kind).toBe('opt-in');
  });

  it.each(ORDINARY)('hears nothing of the kind in “%s”', (text) => {
    expect(detectOptOut(text).kind).toBe('none');
  });
});
