import { Module } from '@nestjs/common';
import { HealthController } from './health.controller';

/** The health of a process, whatever else it does. */
@Module({ controllers: [HealthController] })
export class HealthModule {}
