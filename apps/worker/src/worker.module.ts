import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { Heartbeat } from './heartbeat';

/** The clock-driven side. */
@Module({ imports: [ScheduleModule.forRoot()], providers: [Heartbeat] })
export class WorkerModule {}
