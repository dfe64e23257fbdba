import { parentPort, workerData } from 'node:worker_threads';
import type { SimulationQuestion } from '@linekeeper/application';
import { answerQuestion } from './answer-question';

// The other thread: it gets a question, tells how far it is, and last the rows.
const rows = answerQuestion(workerData as SimulationQuestion, (share) =>
  parentPort?.postMessage({ share }),
);
parentPort?.postMessage({ rows });
