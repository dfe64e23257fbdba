let made = 0;

/** Another whole number at each call. */
export const next = (): number => (made += 1);

/** Another id in the form of a UUID at each call. */
export const nextId = (): string =>
  `019b0000-0000-7000-8000-${next().toString(16).padStart(12, '0')}`;
