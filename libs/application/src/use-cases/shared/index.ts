export * from './decision';
export * from './fleet';
export * from './forecast-basis';
export * from './panic';
export * from './pods';
export * from './record';
export * from './scope';
export * from './turns';
