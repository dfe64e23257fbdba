import { type DynamicModule, Module } from '@nestjs/common';
import { InfrastructureModule, type InfrastructureOptions } from '@linekeeper/infrastructure';
import { HealthModule } from '../../api/src/health/health.module';
import { WorkerModule } from './worker.module';

/** The clock-driven side in a process of its own; it answers for its health and for nothing else. */
@Module({})
export class WorkerProcessModule {
  static register(options: InfrastructureOptions): DynamicModule {
    return {
      module: WorkerProcessModule,
      imports: [InfrastructureModule.register(options), WorkerModule, HealthModule],
    };
  }
}
