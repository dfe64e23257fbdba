import { type DynamicModule, Global, Module, type Provider } from '@nestjs/common';
import {
  BudgetLedger,
  CardLinks,
  Clock,
  ClockFollower,
  DecisionLog,
  Digest,
  EventPoster,
  HandleParser,
  Ids,
  InboxSignal,
  MessagingProvider,
  Metrics,
  PhotoSource,
  PhotoWorkshop,
  Policies,
  ProviderEventReader,
  ProviderEventWriter,
  PublicAddress,
  Random,
  SecretBox,
  Settings,
  Simulations,
  Throttle,
  UnitOfWork,
  UsageHistory,
  USE_CASES,
  Outages,
  Pause,
  WallClock,
  WebhookVerifier,
} from '@linekeeper/application';
import type { Redis } from 'ioredis';
import { PinnedEventPoster } from './events/pinned-poster';
import { LinqEventReader } from './linq/linq-event-reader';
import { LinqEventWriter } from './linq/linq-event-writer';
import { LinqMessagingProvider } from './linq/linq-messaging-provider';
import { StandardWebhookVerifier } from './linq/standard-webhook-verifier';
import { VersionedMessagingProvider } from './linq/versioned-messaging-provider';
import { VersionedEventReader, VersionedVerifier } from './linq/versioned-webhooks';
import { BodyVerifier } from './linq-v2/body-verifier';
import { LinqV2EventReader } from './linq-v2/linq-v2-event-reader';
import { LinqV2MessagingProvider } from './linq-v2/linq-v2-messaging-provider';
import { InMemoryBudgetLedger } from './memory/in-memory-budget-ledger';
import { measuredProvider } from './metrics/measured-provider';
import { PrometheusMetrics } from './metrics/prometheus-metrics';
import { ToldDecisions } from './metrics/told-decisions';
import { SignedCardLinks } from './people/card-links';
import { LibphonenumberHandleParser } from './people/handle-parser';
import { PinnedPhotoSource } from './photos/pinned-source';
import { SharpPhotoWorkshop } from './photos/sharp-workshop';
import { CloseDatabase } from './prisma/close-database';
import { PrismaDatabase } from './prisma/database';
import { DatabaseOutages } from './prisma/database-outages';
import { StoredPolicies } from './prisma/policies';
import { PostgresBudgetLedger } from './prisma/postgres-budget-ledger';
import { PrismaUnitOfWork } from './prisma/unit-of-work';
import { PrismaUsageHistory } from './prisma/usage-history';
import { BudgetLedgerWithFallback } from './redis/budget-ledger-with-fallback';
import { CloseRedis } from './redis/close-redis';
import { RedisInboxSignal } from './redis/inbox-signal';
import { RedisBudgetLedger } from './redis/redis-budget-ledger';
import { WorkerSimulations } from './simulation/worker-simulations';
import { SystemClock } from './system/clock';
import { NodeDigest, SecureRandom, UuidV7 } from './system/chance';
import { AesSecretBox } from './system/secret-box';
import { LocalInboxSignal } from './system/inbox-signal';
import { monotonicMs, RealPause, wait } from './system/timers';
import { RateLimiterThrottle } from './throttle/rate-limiter-throttle';

/** What the adapters are made from: read once, in main. */
export interface InfrastructureOptions {
  readonly databaseUrl: string;
  readonly clock: Clock;
  readonly follower: ClockFollower;
  readonly settings: Settings;
  readonly publicUrl: string;
  readonly secretsKey: string;
  /** Keys that were SECRETS_KEY before: what they protect is still read. */
  readonly previousSecretsKeys?: readonly string[] | undefined;
  readonly linq: {
    readonly apiKey: string;
    readonly baseUrl: string;
    /** How lines on V2 are treated; when left out, unsigned deliveries are refused and no cards are set up. */
    readonly v2?: { readonly unsigned: 'refuse' | 'accept'; readonly cardsAreSetUp: boolean };
  };
  /** Hosts that photos of contact cards may be fetched from; none: they are uploaded. */
  readonly photoHosts?: readonly string[] | undefined;
  /** Whether events may be posted to http://127.0.0.1; default: not. */
  readonly eventsToLoopback?: boolean | undefined;
  /** The compiled script of a simulation's thread; default: the one beside its adapter. */
  readonly simulationScript?: string | undefined;
  /** For several processes; null: this is the only one, and keeps in memory what it may lose. */
  readonly redis: { readonly client: Redis; readonly prefix: string } | null;
}

/** What a single process keeps to itself. */
function ofOneProcess(): Provider[] {
  return [
    {
      provide: BudgetLedger,
      useFactory: (history: UsageHistory) => new InMemoryBudgetLedger(history),
      inject: [UsageHistory],
    },
    { provide: InboxSignal, useClass: LocalInboxSignal },
  ];
}

/** What several processes share. */
function ofSeveralProcesses({ client, prefix }: { client: Redis; prefix: string }): Provider[] {
  return [
    {
      provide: BudgetLedger,
      useFactory: (
        history: UsageHistory,
        random: Random,
        database: PrismaDatabase,
        metrics: Metrics,
      ) =>
        new BudgetLedgerWithFallback(
          new RedisBudgetLedger(client, prefix, history, random),
          new PostgresBudgetLedger(database),
          monotonicMs,
          metrics,
        ),
      inject: [UsageHistory, Random, PrismaDatabase, Metrics],
    },
    { provide: InboxSignal, useFactory: () => new RedisInboxSignal(client, prefix) },
    { provide: CloseRedis, useFactory: () => new CloseRedis(client) },
  ];
}

/** Port to adapter, on one screen; and the use-cases, which stand on the ports alone. */
@Global()
@Module({})
export class InfrastructureModule {
  static register(options: InfrastructureOptions): DynamicModule {
    const secretsKeys = [options.secretsKey, ...(options.previousSecretsKeys ?? [])] as const;
    const adapters: Provider[] = [
      { provide: Clock, useValue: options.clock },
      { provide: Outages, useFactory: (): Outages => new DatabaseOutages() },
      { provide: Pause, useClass: RealPause },
      { provide: WallClock, useFactory: (): WallClock => new SystemClock() },
      { provide: PublicAddress, useValue: publicAddressOf(options.publicUrl) },
      { provide: ClockFollower, useValue: options.follower },
      { provide: Settings, useValue: options.settings },
      { provide: Ids, useFactory: (clock: Clock) => new UuidV7(clock), inject: [Clock] },
      { provide: Random, useClass: SecureRandom },
      { provide: Digest, useFactory: () => new NodeDigest(secretsKeys) },
      { provide: SecretBox, useFactory: () => new AesSecretBox(secretsKeys) },
      { provide: HandleParser, useClass: LibphonenumberHandleParser },
      {
        provide: CardLinks,
        useFactory: () => new SignedCardLinks(secretsKeys, options.publicUrl),
      },
      { provide: PhotoWorkshop, useClass: SharpPhotoWorkshop },
      {
        provide: PhotoSource,
        useFactory: () => new PinnedPhotoSource({ hosts: options.photoHosts ?? [] }),
      },
      {
        provide: EventPoster,
        useFactory: () => new PinnedEventPoster({ loopback: options.eventsToLoopback ?? false }),
      },
      { provide: Metrics, useFactory: () => new PrometheusMetrics(monotonicMs) },
      {
        provide: DecisionLog,
        useFactory: (metrics: Metrics) => new ToldDecisions(metrics),
        inject: [Metrics],
      },
      { provide: PrismaDatabase, useFactory: () => new PrismaDatabase(options.databaseUrl) },
      {
        provide: UnitOfWork,
        useFactory: (database: PrismaDatabase, random: Random, log: DecisionLog) =>
          new PrismaUnitOfWork(database, random, log),
        inject: [PrismaDatabase, Random, DecisionLog],
      },
      {
        provide: Policies,
        useFactory: (unitOfWork: UnitOfWork) => new StoredPolicies(unitOfWork, monotonicMs),
        inject: [UnitOfWork],
      },
      {
        provide: UsageHistory,
        useFactory: (database: PrismaDatabase) => new PrismaUsageHistory(database.client),
        inject: [PrismaDatabase],
      },
      ...(options.redis === null ? ofOneProcess() : ofSeveralProcesses(options.redis)),
      {
        provide: MessagingProvider,
        useFactory: (metrics: Metrics, unitOfWork: UnitOfWork, clock: Clock, random: Random) =>
          measuredProvider(providerOf(options, unitOfWork, clock, random), metrics),
        inject: [Metrics, UnitOfWork, Clock, Random],
      },
      {
        provide: Throttle,
        useFactory: () => new RateLimiterThrottle(options.redis),
      },
      {
        provide: Simulations,
        useFactory: () => new WorkerSimulations(options.simulationScript),
      },
      {
        provide: ProviderEventReader,
        useFactory: () =>
          new VersionedEventReader({ v3: new LinqEventReader(), v2: new LinqV2EventReader() }),
      },
      { provide: ProviderEventWriter, useClass: LinqEventWriter },
      {
        provide: WebhookVerifier,
        useFactory: () =>
          new VersionedVerifier({
            v3: new StandardWebhookVerifier(),
            v2: new BodyVerifier(options.linq.v2?.unsigned ?? 'refuse'),
          }),
      },
    ];
    return {
      module: InfrastructureModule,
      providers: [...adapters, ...USE_CASES, CloseDatabase],
      exports: [
        Clock,
        ClockFollower,
        Settings,
        Digest,
        Policies,
        PublicAddress,
        SecretBox,
        UnitOfWork,
        BudgetLedger,
        InboxSignal,
        Metrics,
        Outages,
        PrismaDatabase,
        ...USE_CASES,
      ],
    };
  }
}

/** Lines of either version, each asked in its own. */
function providerOf(
  { linq }: InfrastructureOptions,
  unitOfWork: UnitOfWork,
  clock: Clock,
  random: Random,
): MessagingProvider {
  return new VersionedMessagingProvider(
    {
      v3: new LinqMessagingProvider({ ...linq, wait }),
      v2: new LinqV2MessagingProvider({
        token: linq.apiKey,
        baseUrl: linq.baseUrl,
        now: () => clock.now(),
        wait,
        makeSecret: () => random.token(32),
        cardsAreSetUp: linq.v2?.cardsAreSetUp ?? false,
      }),
    },
    (phoneNumbers) => unitOfWork.read.lines.versions(phoneNumbers),
  );
}

function publicAddressOf(url: string): PublicAddress {
  return { url: url.replace(/\/+$/, ''), isSecure: url.toLowerCase().startsWith('https:') };
}
