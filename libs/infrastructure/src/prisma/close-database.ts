import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { PrismaDatabase } from './database';

/** Gives the connections back when the process stops in order. */
@Injectable()
export class CloseDatabase implements OnApplicationShutdown {
  constructor(private readonly database: PrismaDatabase) {}

  async onApplicationShutdown(): Promise<void> {
    await this.database.close();
  }
}
