import { BadEnvironment, readEnvironment } from './environment';

describe('TRUSTED_PROXIES', () => {
  it.each([
    ['10.0.0.7', ['10.0.0.7']],
    ['10.0.0.7, 172.16.0.0/12', ['10.0.0.7', '172.16.0.0/12']],
    ['::1,2001:db8::/48', ['::1', '2001:db8::/48']],
  ])('takes %s', (text, expected) => {
    expect(readEnvironment({ TRUSTED_PROXIES: text }).TRUSTED_PROXIES).toEqual(expected);
  });

  it.each([
    '0.0.0.0/0',
    '::/0',
    '10.0.0.0/7',
    '*',
    'true',
    'proxy.example',
    '10.0.0.1/33',
    '1/8/8',
  ])('refuses %s: it names nobody, or everybody', (text) => {
    expect(() => readEnvironment({ TRUSTED_PROXIES: text })).toThrow(BadEnvironment);
  });
});
