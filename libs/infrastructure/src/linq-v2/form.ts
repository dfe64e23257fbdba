import { createHash } from 'node:crypto';

/**
 * A multipart form of plain texts. It is written here because the form of fetch turns every line break into two
 * characters, and a person's text must arrive as it was written.
 */
export function formOf(fields: Readonly<Record<string, string>>): {
  readonly body: string;
  readonly contentType: string;
} {
  // Made of the content, so that no text holds it by chance.
  const boundary = createHash('sha256').update(JSON.stringify(fields)).digest('hex');
  const parts = Object.entries(fields).map(
    ([name, text]) =>
      `--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${text}\r\n`,
  );
  return {
    body: `${parts.join('')}--${boundary}--\r\n`,
    contentType: `multipart/form-data; boundary=${boundary}`,
  };
}
