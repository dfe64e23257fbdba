/** What a metric means and by what it is told apart. Label values come from closed sets, so that series stay few. */
interface Described {
  readonly help: string;
  readonly labels: readonly string[];
}

/** Counted since this process began. */
export const COUNTERS = {
  linekeeper_http_requests_total: {
    help: 'Requests answered, by method, route pattern and status',
    labels: ['method', 'route', 'status'],
  },
  linekeeper_gate_decisions_total: {
    help: 'Answers of the send gate, by class, decision and the reason that decided; "none" when it lets go',
    labels: ['class', 'decision', 'reason'],
  },
  linekeeper_ledger_reservations_total: {
    help: 'Reservations asked of the budget ledger: held, overrun, or the limit that stood in the way',
    labels: ['outcome'],
  },
  linekeeper_ledger_fallbacks_total: {
    help: 'Times that PostgreSQL took the budget over because Redis was away or slow',
    labels: [],
  },
  linekeeper_placements_total: {
    help: 'People placed, by the state they were placed in, or the code of the refusal',
    labels: ['outcome'],
  },
  linekeeper_moves_total: {
    help: 'People moved to another line or left without one, by cause',
    labels: ['cause', 'outcome'],
  },
  linekeeper_line_verdicts_total: {
    help: 'Lines that our own detectors made suspect, ejected or cleared',
    labels: ['outcome'],
  },
  linekeeper_ramp_steps_total: {
    help: 'Closed days of lines, by what the ramp made of them',
    labels: ['outcome'],
  },
  linekeeper_rebalance_proposals_total: {
    help: 'Proposals to relieve lines that are too full',
    labels: [],
  },
  linekeeper_merges_total: { help: 'Users who turned out to be another one', labels: [] },
  linekeeper_webhooks_total: {
    help: 'Deliveries of the provider: accepted, duplicate, unreadable or rejected, with the cause of a rejection',
    labels: ['outcome', 'cause'],
  },
  linekeeper_inbox_events_total: {
    help: 'Events taken from the inbox: processed, retried or dead',
    labels: ['outcome'],
  },
  linekeeper_event_deliveries_total: {
    help: "Tries to post an event to a customer's endpoint: delivered, failed, given-up, or superseded by another try",
    labels: ['outcome'],
  },
  linekeeper_recovered_messages_total: {
    help: 'Messages of which no webhook told in its time and that were read back, by direction',
    labels: ['direction'],
  },
  linekeeper_job_runs_total: {
    help: 'Runs of jobs: ok, failed, or busy when another run held the lease',
    labels: ['job', 'outcome'],
  },
  linekeeper_provider_calls_total: {
    help: 'Calls to the provider by operation, with the kind of its refusal or failure',
    labels: ['operation', 'outcome'],
  },
} as const satisfies Readonly<Record<string, Described>>;

/** Durations in seconds. */
export const DURATIONS = {
  linekeeper_http_request_duration_seconds: {
    help: 'From a request to the end of its answer, by method and route pattern',
    labels: ['method', 'route'],
  },
  linekeeper_job_duration_seconds: { help: 'Runs of jobs', labels: ['job'] },
  linekeeper_provider_call_duration_seconds: {
    help: 'Calls to the provider, with all tries of a call',
    labels: ['operation'],
  },
} as const satisfies Readonly<Record<string, Described>>;

/** Read from the database when somebody asks, and remembered for a few seconds. */
export const GAUGES = {
  linekeeper_database_readable: {
    help: '1 when the gauges below could be read, else 0 and they are missing',
    labels: [],
  },
  linekeeper_inbox_events: { help: 'Events in the inbox: pending or dead', labels: ['state'] },
  linekeeper_inbox_oldest_pending_seconds: {
    help: 'Age of the oldest event that waits; 0 when none does',
    labels: [],
  },
  linekeeper_failovers: { help: 'Failovers that have not ended', labels: ['state'] },
  linekeeper_users_needing_introduction: {
    help: 'People whom no number they hold serves',
    labels: [],
  },
  linekeeper_coverage_ratio: {
    help: 'Share of people with a usable fallback, by how sure we are; a sample in a large fleet',
    labels: ['sureness'],
  },
  linekeeper_lines: {
    help: 'Lines by what is wanted of them and what was observed',
    labels: ['admin_state', 'health'],
  },
  linekeeper_line_used_messages: {
    help: 'Messages in and out over the rolling 24 hours; only in fleets of at most 500 lines',
    labels: ['line', 'last4'],
  },
  linekeeper_line_cap_messages: {
    help: "Today's cap; only in fleets of at most 500 lines",
    labels: ['line', 'last4'],
  },
  linekeeper_line_users: {
    help: 'People placed on it; only in fleets of at most 500 lines',
    labels: ['line', 'last4'],
  },
  linekeeper_line_can_send: {
    help: '1 when replies may leave it, else 0; only in fleets of at most 500 lines',
    labels: ['line', 'last4'],
  },
} as const satisfies Readonly<Record<string, Described>>;

export type CounterName = keyof typeof COUNTERS;
export type DurationName = keyof typeof DURATIONS;
export type GaugeName = keyof typeof GAUGES;
export type LabelsOf<D extends Described> = Readonly<Record<D['labels'][number], string>>;

export interface GaugeReading {
  readonly name: GaugeName;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}
