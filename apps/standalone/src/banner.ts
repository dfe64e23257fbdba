export interface Addresses {
  readonly api: string;
  readonly signIn: string;
  readonly adminKey: string;
  readonly appKey: string;
  readonly simulator: string | null;
  readonly keysFile: string;
}

const bold = (text: string): string => (process.stdout.isTTY ? `\u001b[1m${text}\u001b[0m` : text);

/** What stands and how to reach it. */
export function printAddresses(addresses: Addresses): void {
  const rows = [
    ['Page', `${addresses.signIn}   (signs you in, once)`],
    ['API', `${addresses.api}   docs: ${addresses.api}/docs`],
    ['Admin key', addresses.adminKey],
    ['App key', addresses.appKey],
    ...(addresses.simulator === null ? [] : [['Simulator', `${addresses.simulator}/__sim/state`]]),
    ['Kept in', addresses.keysFile],
  ];
  console.log(`\n${bold('Linekeeper is up.')}`);
  for (const [name = '', value = ''] of rows) console.log(`  ${name.padEnd(10)} ${value}`);
}

/** Three calls to try, which still work later. */
export function printCalls({ api, adminKey, appKey }: Addresses): void {
  console.log(`
${bold('Try it:')}
  curl -s ${api}/v1/admin/fleet -H "Authorization: Bearer ${adminKey}"
  curl -s ${api}/v1/users -H "Authorization: Bearer ${appKey}" -H "content-type: application/json" \\
    -d '{"handle":"+14155550199","startedBy":"inbound"}'
  curl -s ${api}/v1/sends -H "Authorization: Bearer ${appKey}" -H "content-type: application/json" \\
    -d '{"handle":"+14155550199"}'

Stop it with Ctrl-C; the next start goes on from here.`);
}
