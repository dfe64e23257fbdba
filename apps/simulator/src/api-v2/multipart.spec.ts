import { fieldsOfForm } from './multipart';

describe('A multipart form', () => {
  const read = async (form: FormData): Promise<ReturnType<typeof fieldsOfForm>> => {
    const request = new Request('http://a.example', { method: 'POST', body: form });
    const bytes = Buffer.from(await request.arrayBuffer());
    return fieldsOfForm(bytes, request.headers.get('content-type') ?? '');
  };

  it('is read as fetch writes it, to the byte', async () => {
    const bytes = Buffer.from([0, 13, 10, 45, 45, 255, 13, 10]);
    const form = new FormData();
    form.append('message[text]', 'Grüße — 🎉\r\nend');
    form.append('message[attachments][]', new Blob([bytes], { type: 'image/png' }), 'a "b".png');
    form.append('empty', '');
    const [text, file, empty] = await read(form);
    expect(text).toMatchObject({ name: 'message[text]', filename: null, contentType: '' });
    expect(text?.bytes.toString('utf8')).toBe('Grüße — 🎉\r\nend');
    const head = {
      name: 'message[attachments][]',
      filename: 'a "b".png',
      contentType: 'image/png',
    };
    expect(file).toMatchObject(head);
    expect(file?.bytes).toEqual(bytes);
    expect(empty?.bytes).toHaveLength(0);
  });

  it.each([
    ['without a boundary', 'multipart/form-data', '--x--\r\n'],
    ['without an end', 'multipart/form-data; boundary=x', '--x\r\n'],
    [
      'with a field without a name',
      'multipart/form-data; boundary=x',
      '--x\r\na: b\r\n\r\n\r\n--x--',
    ],
    ['with a field without a head', 'multipart/form-data; boundary=x', '--x\r\n--x--'],
  ])('%s is refused', (_name, type, body) => {
    expect(() => fieldsOfForm(Buffer.from(body), type)).toThrow('form');
  });
});
