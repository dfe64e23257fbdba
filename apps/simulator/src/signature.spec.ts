import { signedHeaders } from './signature';

/** The vector that was computed from the published scheme, to the byte. */
const VECTOR = {
  webhookId: '2f9c1f0e-7a55-4d5b-9b1e-0c7f3a6d1e11',
  eventType: 'phone_number.status_updated',
  subscriptionId: 's',
  secret: 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=',
  timestamp: 1_767_225_600,
  body: '{"api_version":"v3","webhook_version":"2026-02-03","event_type":"phone_number.status_updated","event_id":"2f9c1f0e-7a55-4d5b-9b1e-0c7f3a6d1e11"}',
};

describe('Both signatures of a delivery', () => {
  it('signs by Standard Webhooks, and in hex with the whole secret as key', () => {
    expect(VECTOR.body).toHaveLength(144);
    expect(signedHeaders({ ...VECTOR, legacyKey: 'whole-secret' })).toMatchObject({
      'webhook-id': VECTOR.webhookId,
      'webhook-timestamp': '1767225600',
      'webhook-signature': 'v1,yGEnaNQr0oZPS5FmGEffXJ9dABK7EuRJDtLI5ALIdu4=',
      'x-webhook-timestamp': '1767225600',
      'x-webhook-signature': '19e5da4ab9a9dc58ded31c8663ca0e9d1323682e76ddd51ebb7f4b172c7d3218',
    });
  });

  it('leaves the prefix out of the key of the older one when told so', () => {
    expect(signedHeaders({ ...VECTOR, legacyKey: 'without-prefix' })).toMatchObject({
      'webhook-signature': 'v1,yGEnaNQr0oZPS5FmGEffXJ9dABK7EuRJDtLI5ALIdu4=',
      'x-webhook-signature': '4c4888f341eb82968ed893a07532caa97b08995836c403e7e99d319d10be69dd',
    });
  });
});
