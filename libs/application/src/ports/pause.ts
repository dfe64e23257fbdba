/** Lets real time pass, whatever the fleet's clock says: nothing that is decided may rest on it. */
export abstract class Pause {
  /** Resolves after about so many milliseconds. */
  abstract for(ms: number): Promise<void>;
}
