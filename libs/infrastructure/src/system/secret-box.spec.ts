import { AesSecretBox } from './secret-box';

const OLD = 'an old secrets key, at least 32 characters';
const NEW = 'a new secrets key, with at least 32 characters';
const SECRET = 'whsec_c2VjcmV0IG9mIGEgc3Vic2NyaXB0aW9u';

describe('The box that secrets are kept in', () => {
  const box = new AesSecretBox([OLD]);

  it('gives back what was put in, for the purpose it was put in for', () => {
    const kept = box.seal(SECRET, 'subscription:1');
    expect(box.open(kept, 'subscription:1')).toEqual({ plain: SECRET, stale: false });
    expect(box.open(kept, 'subscription:2')).toBeNull();
  });

  it('shows nothing of the secret, and never the same text twice', () => {
    const kept = box.seal(SECRET, 'p');
    expect(kept).not.toContain(SECRET);
    expect(Buffer.from(kept.split('.')[3] ?? '', 'base64url').toString('latin1')).not.toContain(
      'whsec',
    );
    expect(box.seal(SECRET, 'p')).not.toBe(kept);
  });

  it('does not open what was altered anywhere', () => {
    const kept = box.seal(SECRET, 'p');
    for (let i = 'lk1.'.length; i < kept.length; i += 1) {
      if (kept[i] === '.') continue;
      // The last character of a base64url text may hold bits that mean nothing: those it must not be judged by.
      const altered = `${kept.slice(0, i)}${kept[i] === 'A' ? 'Q' : 'A'}${kept.slice(i + 1)}`;
      const same = altered.split('.').map((part) => Buffer.from(part, 'base64url').toString('hex'));
      const before = kept.split('.').map((part) => Buffer.from(part, 'base64url').toString('hex'));
      if (same.join() !== before.join()) expect(box.open(altered, 'p')).toBeNull();
    }
    expect(box.open('lk1.', 'p')).toBeNull();
    expect(box.open(kept.slice(0, 40), 'p')).toBeNull();
  });

  it('opens under a key on its way out and says so; not any more once that is gone', () => {
    const kept = box.seal(SECRET, 'p');
    expect(new AesSecretBox([NEW, OLD]).open(kept, 'p')).toEqual({ plain: SECRET, stale: true });
    expect(new AesSecretBox([NEW]).open(kept, 'p')).toBeNull();
    const renewed = new AesSecretBox([NEW, OLD]).seal(SECRET, 'p');
    expect(new AesSecretBox([NEW]).open(renewed, 'p')).toEqual({ plain: SECRET, stale: false });
  });

  it('takes what was kept in clear as it is, and says that it should be sealed', () => {
    expect(box.open(SECRET, 'p')).toEqual({ plain: SECRET, stale: true });
  });
});
