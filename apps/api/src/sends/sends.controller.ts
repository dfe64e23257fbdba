import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  API_VERSIONS,
  type GroupSendAnswer,
  type LineRecord,
  type Principal,
  RequestGroupSend,
  RequestSend,
  type SendAnswer,
  type SendRecord,
  SettleSend,
  versionOfId,
} from '@linekeeper/application';
import { SEND_CLASSES } from '@linekeeper/domain';
import { z } from 'zod';
import { actorOf } from '../http/actor';
import { Answers } from '../http/answers';
import { Idempotent, WorkId } from '../http/idempotency.interceptor';
import { instantOrNull } from '../http/instants';
import { idParam } from '../http/operator-body';
import { Allow, Caller } from '../http/principal';

const DECISIONS = ['send', 'defer', 'refuse'] as const;

const sendBody = z
  .strictObject({
    userId: z.uuid().optional(),
    handle: z.string().min(1).max(254).optional(),
    chatId: z
      .string()
      .min(1)
      .max(100)
      .optional()
      .describe('The thread of a group, also one it had before'),
    pool: z.string().min(1).max(100).optional(),
    class: z
      .enum(['reply', 'transactional', 'proactive'])
      .optional()
      .describe('May only lower what follows from the conversation'),
    messages: z.number().int().min(1).max(10).default(1).describe('Bubbles of one turn'),
    textHash: z
      .string()
      .regex(/^[\w+/=-]{16,128}$/, 'a hash such as SHA-256 in hex or base64')
      .optional()
      .describe(
        'Your hash of the text, from 20 characters on: the same text to many people at once waits',
      ),
  })
  .refine(
    ({ userId, handle, chatId }) =>
      [userId, handle, chatId].filter((each) => each !== undefined).length === 1,
    { message: 'Give one of userId, handle and chatId', path: ['userId'] },
  )
  .refine(({ chatId, pool }) => chatId === undefined || pool === undefined, {
    message: 'A thread is in one pool: leave it out',
    path: ['pool'],
  });

const sendAnswer = z.object({
  decision: z.enum(DECISIONS),
  class: z.enum(SEND_CLASSES),
  line: z
    .object({
      id: z.string(),
      phoneNumber: z.string(),
      apiVersion: z.enum(API_VERSIONS).describe('The version of the API to send with'),
    })
    .optional(),
  chatId: z.string().optional().describe('The thread to send into; none: start one from the line'),
  reservationId: z.string().optional(),
  idempotencyKey: z
    .string()
    .optional()
    .describe('Send the message with exactly this key; with several, <key>-1, <key>-2 ...'),
  expiresAt: z.string().optional(),
  retryAt: z.string().optional(),
  newConversation: z.boolean(),
  firstText: z
    .enum(['prefix'])
    .optional()
    .describe('Say who writes: the person does not know this number'),
  service: z
    .enum(['sms'])
    .optional()
    .describe('Send it by SMS (preferred_service): the policy introduces strangers that way'),
  participants: z
    .array(z.string())
    .optional()
    .describe('Of a group that is made anew: start it from the line with exactly these'),
  reasons: z.array(z.object({ code: z.string(), detail: z.string() })),
  wouldBe: z.enum(DECISIONS).optional().describe('While the gate only observes: its true answer'),
});

const settleBody = z.strictObject({
  outcome: z.enum(['accepted', 'failed', 'unknown']),
  messageId: z.string().min(1).max(100).optional(),
  chatId: z.string().min(1).max(100).optional(),
});

const reservationAnswer = z.object({
  reservationId: z.string(),
  state: z.enum(['open', 'settled', 'released', 'expired', 'unknown']),
  messages: z.number().int(),
  settledMessages: z.number().int(),
});

/** The send gate: asks before every outbound message, and hears what became of it. */
@ApiTags('Sends')
@Controller('v1/sends')
export class SendsController {
  constructor(
    private readonly requestSend: RequestSend,
    private readonly requestGroupSend: RequestGroupSend,
    private readonly settleSend: SettleSend,
  ) {}

  @Post()
  @Allow('app')
  // What was let out a moment ago may be no more: the person said stop, or the line was lost.
  @Idempotent({ askAnew: true })
  @HttpCode(200)
  @ApiOperation({ summary: 'May this message go out now, on which line and thread? Never queues' })
  @Answers(200, 'send, defer or refuse, with reasons', sendAnswer)
  async request(
    @Body({ schema: sendBody }) body: z.infer<typeof sendBody>,
    @Caller() caller: Principal,
    @WorkId() workId: string | undefined,
  ): Promise<z.infer<typeof sendAnswer>> {
    const { class: asked, chatId: groupId, userId, handle, pool, ...rest } = body;
    const common = { ...rest, workId, askedClass: asked ?? null, poolIds: caller.poolIds };
    const actor = actorOf(caller);
    const answer: SendAnswer & Partial<GroupSendAnswer> =
      groupId === undefined
        ? await this.requestSend.execute({ ...common, userId, handle, pool }, actor)
        : await this.requestGroupSend.execute({ ...common, chatId: groupId }, actor);
    const participants = answer.participants ?? null;
    const { line, chatId, reservationId, firstText, service, wouldBe } = answer;
    return {
      decision: answer.decision,
      class: answer.class,
      ...(line === null ? {} : lineView(line)),
      // A thread of the version that the line spoke before cannot be written into any more.
      ...(chatId === null || versionOfId(chatId) !== line?.apiVersion ? {} : { chatId }),
      ...(reservationId === null ? {} : { reservationId, idempotencyKey: reservationId }),
      ...optional('expiresAt', instantOrNull(answer.expiresAt)),
      ...optional('retryAt', instantOrNull(answer.retryAt)),
      newConversation: answer.newConversation,
      ...(firstText === null ? {} : { firstText }),
      ...(service === null ? {} : { service }),
      ...(participants === null ? {} : { participants: [...participants] }),
      reasons: [...answer.reasons],
      ...(wouldBe === null ? {} : { wouldBe }),
    };
  }

  @Post(':id/settle')
  @Allow('app')
  @HttpCode(200)
  @ApiOperation({
    summary: 'What the provider answered. A webhook settles by itself; this is faster',
  })
  @Answers(200, 'The reservation', reservationAnswer)
  async settle(
    @Param('id', { schema: idParam }) id: string,
    @Body({ schema: settleBody }) body: z.infer<typeof settleBody>,
    @Caller() caller: Principal,
  ) {
    return reservationView(
      await this.settleSend.execute(id, body, actorOf(caller), caller.poolIds),
    );
  }

  @Post(':id/release')
  @Allow('app')
  @HttpCode(200)
  @ApiOperation({ summary: 'The message was not sent after all' })
  @Answers(200, 'The reservation', reservationAnswer)
  async release(@Param('id', { schema: idParam }) id: string, @Caller() caller: Principal) {
    return reservationView(await this.settleSend.release(id, actorOf(caller), caller.poolIds));
  }
}

function optional<K extends string>(name: K, value: string | null): Partial<Record<K, string>> {
  return (value === null ? {} : { [name]: value }) as Partial<Record<K, string>>;
}

function reservationView(send: SendRecord): z.infer<typeof reservationAnswer> {
  return {
    reservationId: send.id,
    state: send.state,
    messages: send.messages,
    settledMessages: send.settledMessages,
  };
}

function lineView({ id, phoneNumber, apiVersion }: LineRecord) {
  return { line: { id, phoneNumber, apiVersion } };
}
