import {
  EVENT_CATALOGUE,
  EVENT_TYPES,
  type EventType,
  MAX_ENDPOINTS,
} from '@linekeeper/application';
import { DEFAULT_FLEET_POLICY } from '@linekeeper/domain';

const { eventsOut } = DEFAULT_FLEET_POLICY;

const HEAD = `<!-- Made by npm run generate from libs/application/src/event-catalogue.ts. -->

# Events

What happens is announced in the transaction in which it happens. It can be read as a stream (\`GET /v1/events\`), and is
posted to the endpoints of your app (\`/v1/admin/webhook-endpoints\`, at most ${MAX_ENDPOINTS}, admin only).

## What a delivery looks like

\`\`\`http
POST /your/path HTTP/1.1
content-type: application/json
webhook-id: 018f6a2e-8c31-7d04-9b52-3a1f0c9d7e20
webhook-timestamp: 1772445600
webhook-signature: v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=

{"type":"line.ejected","timestamp":"2026-03-02T10:00:00.000Z","data":{"lineId":"..."}}
\`\`\`

The form is that of [Standard Webhooks](https://www.standardwebhooks.com): verify with one of its libraries and the secret
(\`whsec_...\`) that was shown when the endpoint was made. The signature is the base64 of an HMAC-SHA256, keyed with the
decoded secret, over \`webhook-id\`, \`webhook-timestamp\` and the raw body, with dots between. After a rotation both secrets
sign for ${eventsOut.secretOverlapHours} hours: the header then holds two signatures, with a space between.

- **Answer any 2xx within ${eventsOut.timeoutSeconds} seconds**, and work on the event afterwards. Redirects are not followed.
- **At least once.** \`webhook-id\` is the event's own and the same at every try and every replay: ignore the ids that you
  know. Order is not promised; \`timestamp\` says when it happened, by the fleet's clock.
- **Tried for ${eventsOut.retryHours} hours**, with waits that grow from seconds to four hours and differ by chance, then given up.
- **Disabled** by itself after ${eventsOut.disableAfterFailures} failed tries in a row, when the first of them is ${eventsOut.disableAfterHours} hours ago, or at once when it
  answers 410. An operator enables it again (\`/enable\`); it then hears of what happens from there on.
- **Replay**: \`POST /v1/admin/webhook-endpoints/{id}/replay\` with \`{"eventId", "reason"}\` or \`{"since", "reason"}\`.
- **The log** of every try is at \`/attempts\`, for ${eventsOut.keepLogDays} days; how far each event is, at \`/deliveries\`.
- The address must be https at a public host. It is looked up and checked at each try, and the connection goes to the address
  that was checked. For an app on the same machine \`EVENTS_TO_LOOPBACK=yes\` also allows \`http://127.0.0.1\`.

The numbers are those of the policy's \`eventsOut\`. People are named by user id, never by a handle, so nothing has to be
called back when a user is erased. Beside the fields below, \`data\` holds \`actor\` (who did it: \`operator:<key>\`,
\`app:<key>\`, \`automation:<rule>\`, \`provider:linq\`) and \`policyVersion\`. Fields and types may be added; ignore what you do not know.

## The types
`;

/** docs/events.md: how events are delivered, and each type with an example. */
export function renderEvents(): string {
  return `${HEAD}${EVENT_TYPES.map(section).join('')}`;
}

function section(type: EventType): string {
  const { about, example, optional = [] } = EVENT_CATALOGUE[type];
  const missing =
    optional.length === 0
      ? ''
      : `\nMay be missing: ${optional.map((field) => `\`${field}\``).join(', ')}.\n`;
  return `\n### \`${type}\`\n\n${about}\n${missing}\n\`\`\`json\n${JSON.stringify(example, null, 2)}\n\`\`\`\n`;
}
