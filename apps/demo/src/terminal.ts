const colourful = process.stdout.isTTY;

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function sayTitle(line: string): void {
  say(`\n${colourful ? `\u001b[1m${line}\u001b[0m` : line}`);
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** `Mon 09:00` in UTC. */
export function clockText(instant: string): string {
  const at = new Date(instant);
  return `${DAYS[at.getUTCDay()] ?? ''} ${at.toISOString().slice(11, 16)}`;
}

/** Progress on one line of a terminal; elsewhere only now and then, so that a log stays a log. */
export function progress(line: string, everyCall: boolean): void {
  if (colourful) process.stdout.write(`\r\u001b[2K  ${line}`);
  else if (everyCall) say(`  ${line}`);
}
