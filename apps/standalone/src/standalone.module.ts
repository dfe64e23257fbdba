import { type DynamicModule, Module } from '@nestjs/common';
import { InfrastructureModule, type InfrastructureOptions } from '@linekeeper/infrastructure';
import { ApiModule } from '../../api/src/api.module';
import { WorkerModule } from '../../worker/src/worker.module';

/** API and worker in one process. */
@Module({})
export class StandaloneModule {
  static register(options: InfrastructureOptions): DynamicModule {
    return {
      module: StandaloneModule,
      imports: [InfrastructureModule.register(options), ApiModule, WorkerModule],
    };
  }
}
