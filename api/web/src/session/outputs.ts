import { createContext } from 'react';
import { send } from '../kernel/api/client';

/** Where the full output of a tool lies. */
export interface Outputs {
  read(session: string, hash: string): Promise<string>;
  /** To download it from; null: nowhere. */
  address(session: string, hash: string): string | null;
}

const address = (session: string, hash: string) => `/api/v1/sessions/${session}/outputs/${hash}`;

const onServer: Outputs = {
  read: async (session, hash) => (await send(address(session, hash))).text(),
  address,
};

/** The server's, unless the session comes from a file. */
export const OutputsContext = createContext<Outputs>(onServer);
