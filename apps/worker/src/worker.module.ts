import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { Courier } from './courier';
import { Heartbeat } from './heartbeat';

/** The clock-driven side. */
@Module({ imports: [ScheduleModule.forRoot()], providers: [Heartbeat, Courier] })
export class WorkerModule {}
