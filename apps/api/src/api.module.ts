import { Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { SignInController } from './access/sign-in.controller';
import { CapacityController } from './admin/capacity.controller';
import { EndpointsController } from './admin/endpoints.controller';
import { FailoversController } from './admin/failovers.controller';
import { FleetController } from './admin/fleet.controller';
import { GovernanceController } from './admin/governance.controller';
import { GroupsController } from './admin/groups.controller';
import { InboxController } from './admin/inbox.controller';
import { JobsController } from './admin/jobs.controller';
import { LinesController } from './admin/lines.controller';
import { LossesController } from './admin/losses.controller';
import { PolicyController } from './admin/policy.controller';
import { PoolsController } from './admin/pools.controller';
import { CardProfilesController } from './contact-cards/card-profiles.controller';
import { ContactCardsController } from './contact-cards/contact-cards.controller';
import { EventFeed } from './events/event-feed';
import { EventsController } from './events/events.controller';
import { HealthController } from './health/health.controller';
import { AuthGuard } from './http/auth.guard';
import { ProblemFilter } from './http/problem.filter';
import { validationPipe } from './http/validation.pipe';
import { MetricsController } from './metrics/metrics.controller';
import { SendsController } from './sends/sends.controller';
import { AssignmentsController } from './users/assignments.controller';
import { UsersController } from './users/users.controller';
import { WebhooksController } from './webhooks/webhooks.controller';

/** The HTTP side. What it needs comes from the infrastructure module beside it. */
@Module({
  controllers: [
    UsersController,
    AssignmentsController,
    ContactCardsController,
    CardProfilesController,
    SendsController,
    WebhooksController,
    LinesController,
    PoolsController,
    FleetController,
    CapacityController,
    LossesController,
    FailoversController,
    GroupsController,
    JobsController,
    GovernanceController,
    PolicyController,
    InboxController,
    EndpointsController,
    EventsController,
    HealthController,
    MetricsController,
    SignInController,
  ],
  providers: [
    EventFeed,
    { provide: APP_GUARD, useClass: AuthGuard },
    { provide: APP_PIPE, useFactory: validationPipe },
    { provide: APP_FILTER, useClass: ProblemFilter },
  ],
})
export class ApiModule {}
