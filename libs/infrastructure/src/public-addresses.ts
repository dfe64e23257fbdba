import { BlockList, isIP } from 'node:net';

/** IPv4 that no host of the public internet has: the IANA special-purpose registry (RFC 6890), and multicast. */
const NOT_PUBLIC_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  // Link-local, and in it the metadata service of the clouds, 169.254.169.254.
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];
/** Within the one block of IPv6 that is given out (2000::/3): what is not for hosts, or stands for an IPv4 address. */
const NOT_PUBLIC_V6 = ['2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20'];

const given = new BlockList();
given.addSubnet('2000::', 3, 'ipv6');
const notPublic = new BlockList();
for (const [blocks, family] of [
  [NOT_PUBLIC_V4, 'ipv4'],
  [NOT_PUBLIC_V6, 'ipv6'],
] as const) {
  for (const block of blocks) {
    const [address = '', bits = ''] = block.split('/');
    notPublic.addSubnet(address, Number(bits), family);
  }
}

/**
 * Whether a host of the public internet may have this address. Everything in IPv6 outside 2000::/3 has not: loopback,
 * link-local, unique local, multicast, and the forms that carry an IPv4 address (::ffff:0:0/96, 64:ff9b::/96).
 */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !notPublic.check(address, 'ipv4');
  if (family !== 6 || address.includes('%')) return false;
  return given.check(address, 'ipv6') && !notPublic.check(address, 'ipv6');
}
