import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { Checker } from './checker';
import { Courier } from './courier';
import { Heartbeat } from './heartbeat';

/** The clock-driven side. */
@Module({ imports: [ScheduleModule.forRoot()], providers: [Heartbeat, Courier, Checker] })
export class WorkerModule {}
