import { type DynamicModule, Module } from '@nestjs/common';
import { InfrastructureModule, type InfrastructureOptions } from '@linekeeper/infrastructure';
import { ApiModule } from './api.module';

/** The HTTP side in a process of its own. */
@Module({})
export class ApiProcessModule {
  static register(options: InfrastructureOptions): DynamicModule {
    return {
      module: ApiProcessModule,
      imports: [InfrastructureModule.register(options), ApiModule],
    };
  }
}
